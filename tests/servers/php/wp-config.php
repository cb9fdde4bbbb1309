<?php // A WordPress whose database is one SQLite file; where it is and how it is called comes from the environment.
define('DB_NAME', 'wordpress');
define('DB_USER', '');
define('DB_PASSWORD', '');
define('DB_HOST', '');
define('DB_DIR', getenv('BLOG_DATA') . '/');
define('DB_FILE', 'blog.sqlite');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define("{$name}_KEY", $name);
    define("{$name}_SALT", $name);
}
define('WP_HOME', getenv('BLOG_URL'));
define('WP_SITEURL', getenv('BLOG_URL'));
// Application passwords over plain http; no requests to anybody else, and none of its own making.
define('WP_ENVIRONMENT_TYPE', 'local');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('WP_DEBUG', false);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
