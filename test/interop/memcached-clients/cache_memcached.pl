use strict;
use warnings;
use FindBin;
use Cache::Memcached;
require "$FindBin::Bin/../../support/tap.pl";
our (@servers, $bytes, $large, $too_large);

sub connected { Cache::Memcached->new({ servers => [$servers[0]], @_ }) }
my $client = connected();

check('storing', sub {
    for my $value ('text', $bytes, '', 42, $large) {
        same($client->set('k', $value), 1);
        same($client->get('k'), $value);
    }
    same($client->get('missing'), undef);
    same($client->set('x' x 250, 'longest'), 1);
    same($client->get('x' x 250), 'longest');
});
check('modes', sub {
    $client->delete('m');
    same($client->replace('m', 1), '');
    same($client->append('m', 1), '');
    same($client->prepend('m', 1), '');
    same($client->add('m', 'b'), 1);
    same($client->add('m', 'c'), '');
    same($client->append('m', $bytes), 1);
    same($client->prepend('m', 'a'), 1);
    same($client->get('m'), "ab$bytes");
    same($client->replace('m', 'new'), 1);
    same($client->get('m'), 'new');
    same($client->delete('m'), 1);
    same($client->delete('m'), '');
});
check('many', sub {
    my @keys = map { "many$_" } 1 .. 500;
    same($client->set($_, "value of $_"), 1) for @keys;
    my $values = $client->get_multi('missing', @keys);
    same(scalar(keys %$values), 500);
    same($values->{$_}, "value of $_") for @keys;
});
check('counting', sub {
    $client->set('n', '18446744073709551614');
    same($client->incr('n'), '18446744073709551615');
    same($client->incr('n'), 0);
    $client->set('n', 10);
    same($client->incr('n', 10), 20);
    same($client->decr('n', 3), 17);
    same($client->decr('n', 30), 0);
    $client->delete('none');
    same($client->incr('none'), undef);
    $client->set('n', 'x');
    same($client->incr('n'), undef);
});
check('objects', sub {
    same($client->set('o', { a => [1, 2, 3], b => $bytes }), 1);
    same($client->get('o')->{a}[2], 3);
    same($client->get('o')->{b}, $bytes);
    my $compressing = connected(compress_threshold => 100, namespace => 'prefix:');
    same($compressing->set('z', $large x 5), 1);
    same($compressing->get('z'), $large x 5);
    same($compressing->delete('z'), 1);
});
check('refusals', sub {
    $client->set('big', 1);
    same($client->set('big', $too_large), '');
    same($client->get('big'), undef);
    same($client->incr('k' x 251), undef);
    same($client->set('k', 'v'), 1);
    same($client->get('k'), 'v');
});
check('server', sub {
    $client->set('s', 1);
    my $stats = $client->stats(['misc', 'malloc', 'sizes', 'self', 'items', 'slabs'])->{hosts}{$servers[0]};
    same($stats->{misc}{pointer_size}, 64);
    same($stats->{misc}{curr_items} > 0, 1);
    same($stats->{items} =~ /^STAT items:\d+:number \d+/m, 1);
    same($stats->{slabs} =~ /^STAT active_slabs \d+/m, 1);
    same($client->stats_reset ? 1 : 0, 1);
    same($client->flush_all, 1);
    same($client->get('s'), undef);
    $client->disconnect_all;
    same($client->set('s', 1), 1);
});
check_patiently('expiry', sub {
    $client->set('t', 1, 1);
    $client->add('t2', 1, 1);
    $client->set('t3', 1, time() + 2);
    $client->set('t4', 1, 1000);
    until_so(sub { join(',', keys %{ $client->get_multi('t', 't2', 't3', 't4') }) eq 't4' });
});
check_patiently('several servers', sub {
    my @keys = map { "h$_" } 1 .. 100;
    my $ring = connected(servers => [[$servers[0], 2], $servers[1]]);
    same($ring->flush_all, 1);
    same($ring->set($_, $_), 1) for @keys;
    same(scalar(keys %{ $ring->get_multi(@keys, 'none') }), 100);
    for my $server (@servers) {
        my $share = keys %{ connected(servers => [$server])->get_multi(@keys) };
        same($share > 0 && $share < 100, 1);
    }
});
