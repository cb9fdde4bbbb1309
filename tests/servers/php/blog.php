<?php // Does to a blog what its readers and moderators do: one JSON command a line, one JSON answer a line.
error_reporting(E_ERROR);
ini_set('display_errors', 'stderr');
define('WP_INSTALLING', !is_file(getenv('BLOG_DATA') . '/blog.sqlite'));
require getenv('BLOG_WEB') . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

const STATUSES = ['approved' => '1', 'held' => '0', 'spam' => 'spam', 'trash' => 'trash'];

function install($password) {
    wp_install('Kilns', 'admin', 'admin@blog.example', true, '', 'secret');
    update_option('permalink_structure', '/%postname%/');
    wp_insert_user(['user_login' => 'bot', 'user_pass' => 'secret', 'user_email' => 'bot@blog.example', 'role' => 'editor']);
    flush_rewrite_rules(false);
    update_site_option('using_application_passwords', 1);
    reset_blog($password);
}

function reset_blog($password) {
    global $wpdb;
    foreach (['comments', 'commentmeta'] as $table) $wpdb->query("DELETE FROM {$wpdb->$table}");
    wp_update_comment_count_now(1);
    welcome($password);
    zone('UTC');
}

function welcome($password) {
    $rows = ['uuid' => wp_generate_uuid4(), 'app_id' => '', 'name' => 'quotewarden', 'created' => time(),
             'last_used' => null, 'last_ip' => null, 'password' => wp_hash_password(str_replace(' ', '', $password))];
    update_user_meta(get_user_by('login', 'bot')->ID, '_application_passwords', $password ? [$rows] : []);
}

function zone($name) {
    update_option('timezone_string', $name);
}

function create($row) {
    $at = gmdate('Y-m-d H:i:s', (int) $row['at']);
    return wp_insert_comment([
        'comment_post_ID' => $row['post'], 'comment_parent' => $row['parent'], 'comment_author' => $row['author'],
        'comment_author_email' => 'reader@blog.example', 'comment_content' => $row['text'],
        'comment_date_gmt' => $at, 'comment_date' => get_date_from_gmt($at), 'comment_approved' => STATUSES[$row['status']],
    ]);
}

function shown($comment) {
    return ['id' => (int) $comment->comment_ID, 'post' => (int) $comment->comment_post_ID,
            'parent' => (int) $comment->comment_parent, 'author' => $comment->comment_author,
            'text' => $comment->comment_content, 'at' => strtotime($comment->comment_date_gmt . ' UTC'),
            'status' => array_search($comment->comment_approved, STATUSES, true)];
}

function listed($ids) {
    global $wpdb;
    $rows = $wpdb->get_results("SELECT * FROM {$wpdb->comments} ORDER BY comment_date_gmt, comment_ID");
    return array_map('shown', $rows);
}

// A post's count of comments, which nothing here reads.
wp_defer_comment_counting(true);

$commands = [
    'install' => 'install', 'reset' => 'reset_blog', 'welcome' => 'welcome', 'zone' => 'zone', 'create' => 'create',
    'listed' => 'listed',
    'edit' => fn($row) => wp_update_comment(['comment_ID' => $row['id'], 'comment_content' => $row['text']]),
    'set' => fn($row) => wp_set_comment_status($row['id'], $row['status'] === 'held' ? 'hold' : str_replace('approved', 'approve', $row['status'])),
    'delete' => fn($id) => wp_delete_comment($id, true),
];
while (($line = fgets(STDIN)) !== false) {
    [$name, $given] = json_decode($line, true);
    // The server's processes change things too; of what a new comment needs, nothing.
    if ($name !== 'create') wp_cache_flush();
    $done = $commands[$name]($given);
    echo json_encode(is_wp_error($done) ? ['error' => $done->get_error_message()] : ['done' => $done]), "\n";
}
