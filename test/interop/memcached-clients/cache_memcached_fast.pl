use strict;
use warnings;
use FindBin;
use Cache::Memcached::Fast;
require "$FindBin::Bin/../../support/tap.pl";
our (@servers, $bytes, $large, $too_large);

sub connected { Cache::Memcached::Fast->new({ servers => [$servers[0]], io_timeout => 10, @_ }) }
my $client = connected(max_size => 8 * 1024 * 1024);

check('storing', sub {
    for my $value ('text', $bytes, '', 42, $large) {
        same($client->set('k', $value), 1);
        same($client->get('k'), $value);
    }
    same(scalar $client->get('missing'), undef);
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
    same(join('', $client->set_multi(map { [$_, "value of $_"] } @keys)), '1' x 500);
    my $values = $client->get_multi('missing', @keys);
    same(scalar(keys %$values), 500);
    same($values->{$_}, "value of $_") for @keys;
    same(scalar(keys %{ $client->gets_multi(@keys, 'missing') }), 500);
    same(join(',', $client->add_multi(['many1', 0], ['added', 1])), ',1');
    same(join(',', $client->replace_multi(['many1', 'a'], ['none', 1])), '1,');
    same(join(',', $client->append_multi(['many1', 'b'], ['none', 1])), '1,');
    same(join(',', $client->prepend_multi(['many1', '_'], ['none', 1])), '1,');
    same($client->get('many1'), '_ab');
    same(join(',', $client->touch_multi(['many1', 1000], ['none', 1000])), '1,');
    same(scalar(keys %{ $client->gat_multi(1000, 'many1', 'many2', 'none') }), 2);
    same(scalar(keys %{ $client->gats_multi(1000, 'many1', 'many2', 'none') }), 2);
    same(join('', $client->delete_multi(@keys, 'added')), '1' x 501);
    same(join(',', $client->delete_multi('many1', 'many2')), ',');
    same(scalar(keys %{ $client->get_multi(@keys) }), 0);
});
check('cas', sub {
    $client->set('c', 1);
    my ($token, $value) = @{ $client->gets('c') };
    same($value, 1);
    same($client->cas('c', $token, 2), 1);
    same($client->cas('c', $token, 3), '');
    same($client->get('c'), 2);
    $token = $client->gats(1000, 'c')->[0];
    same(join(',', $client->cas_multi(['c', $token, 4], ['c', $token, 5])), '1,');
    same($client->get('c'), 4);
    $client->delete('c');
    same($client->cas('c', $token, 6), '');
    same(scalar $client->gets('c'), undef);
});
check('counting', sub {
    $client->set('n', '18446744073709551614');
    same($client->incr('n'), '18446744073709551615');
    same($client->incr('n'), '0E0');
    $client->set('n', 10);
    same($client->incr('n', 10), 20);
    same($client->decr('n', 3), 17);
    same($client->decr('n', 30), '0E0');
    $client->delete('none');
    same($client->incr('none'), '');
    same($client->decr('none'), '');
    $client->set_multi(['n1', 1], ['n2', 2]);
    same(join(',', $client->incr_multi(['n1', 5], ['n2', 6])), '6,8');
    same(join(',', $client->decr_multi('n1', 'n2')), '5,7');
    $client->set('n', 'x');
    same(scalar $client->incr('n'), undef);
});
check('touching', sub {
    $client->set('t', 1);
    same($client->touch('t', 1000), 1);
    same($client->touch('none', 1000), '');
    same($client->gat(1000, 't'), 1);
    same(scalar $client->gat(1000, 'none'), undef);
    same($client->gats(1000, 't')->[1], 1);
    same($client->touch('t', -1), 1);
    same(scalar $client->get('t'), undef);
});
check('noreply', sub {
    # In void context, with nowait, answers are not waited for.
    my $quiet = connected(nowait => 1);
    $quiet->set('quiet', $_) for 1 .. 1000;
    $quiet->append('quiet', '!');
    $quiet->prepend('quiet', '!');
    $quiet->add('quiet', 'no');
    same($quiet->get('quiet'), '!1000!');
    $quiet->replace('quiet', 5);
    $quiet->incr('quiet', 3);
    $quiet->decr('quiet', 1);
    $quiet->touch('quiet', 1000);
    $quiet->delete('quieter');
    $quiet->nowait_push;
    same($client->get('quiet'), 7);
    $quiet->delete('quiet');
    $quiet->flush_all;
    $quiet->nowait_push;
    same(scalar $client->get('quiet'), undef);
});
check('objects', sub {
    same($client->set('o', { a => [1, 2, 3], b => $bytes }), 1);
    same($client->get('o')->{a}[2], 3);
    same($client->get('o')->{b}, $bytes);
    my $compressing = connected(compress_threshold => 100, max_size => 8 * 1024 * 1024, namespace => 'prefix:', utf8 => 1);
    same($compressing->set('z', $large x 5), 1);
    same($compressing->get('z'), $large x 5);
    same($compressing->set('u', "\x{43a}\x{43b}"), 1);
    same($compressing->get('u'), "\x{43a}\x{43b}");
    same($client->get('prefix:u'), "\xd0\xba\xd0\xbb");
    same($compressing->delete('z'), 1);
});
check('refusals', sub {
    $client->set('big', 1);
    same(scalar $client->set('big', $too_large), undef);
    same(scalar $client->get('big'), undef);
    same(scalar $client->set('k' x 251, 1), undef);
    same(scalar $client->get('k' x 251), undef);
    same($client->set('k', 'v'), 1);
    same($client->get('k'), 'v');
});
check('server', sub {
    same((values %{ $client->server_versions })[0] =~ /^1\.6\./, 1);
    $client->set('s', 1);
    same((values %{ $client->flush_all })[0], 1);
    same(scalar $client->get('s'), undef);
    $client->disconnect_all;
    same($client->set('s', 1), 1);
});
check_patiently('expiry', sub {
    $client->set('t', 1, 1);
    $client->set('t2', 1, 100);
    same($client->touch('t2', 1), 1);
    $client->set('t3', 1, 100);
    same($client->gat(1, 't3'), 1);
    $client->set('t4', 1, 1000);
    until_so(sub { join(',', keys %{ $client->get_multi('t', 't2', 't3', 't4') }) eq 't4' });
});
check_patiently('several servers', sub {
    my @keys = map { "h$_" } 1 .. 100;
    for my $points (0, 150) {
        my $ring = connected(servers => \@servers, ketama_points => $points);
        $ring->flush_all;
        same(join('', $ring->set_multi(map { [$_, $_] } @keys)), '1' x 100);
        same(scalar(keys %{ $ring->get_multi(@keys, 'none') }), 100);
        for my $server (@servers) {
            my $share = keys %{ connected(servers => [$server])->get_multi(@keys) };
            same($share > 0 && $share < 100, 1);
        }
        same(scalar(keys %{ $ring->server_versions }), 2);
        same(join('', $ring->delete_multi(@keys)), '1' x 100);
    }
});
