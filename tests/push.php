<?php
// Runs deploy/quotewarden.php with what it takes of WordPress: php push.php PLUGIN ADDRESS SECRET COMMENT

[ , $plugin, $address, $secret, $comment ] = $argv;
define( 'ABSPATH', '/' );
define( 'QUOTEWARDEN_PUSH', $address );
define( 'QUOTEWARDEN_SECRET', $secret );

$hooks = array();

function add_action( $name, $function ) {
	$GLOBALS['hooks'][ $name ] = $function;
}

function wp_json_encode( $value ) {
	return json_encode( $value );
}

function wp_remote_post( $address, $request ) {
	$lines = array();
	foreach ( $request['headers'] as $name => $value ) {
		$lines[] = "$name: $value";
	}
	$options = array( 'method' => 'POST', 'header' => $lines, 'content' => $request['body'], 'ignore_errors' => true );
	file_get_contents( $address, false, stream_context_create( array( 'http' => $options ) ) );
	echo $http_response_header[0], "\n";
}

require $plugin;
$hooks['comment_post']( $comment );
