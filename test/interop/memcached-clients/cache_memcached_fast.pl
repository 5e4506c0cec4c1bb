use strict;
use warnings;
use Cache::Memcached::Fast;

my ($port) = @ARGV;
my $client = Cache::Memcached::Fast->new({ servers => ["127.0.0.1:$port"], nowait => 0, utf8 => 0 });
$| = 1;

sub check {
    my ($name, $test) = @_;
    my $good = eval { $test->(); 1 };
    print $good ? "ok $name\n" : "not ok $name: " . join(' | ', split /\n/, $@) . "\n";
}

sub same {
    my ($actual, $expected) = map { defined $_ ? $_ : '(undef)' } @_;
    die "$actual is not $expected" unless $actual eq $expected;
}

check('storing', sub {
    my $bytes = join('', map { chr } 0 .. 255) . "\r\nEND\r\n";
    for my $value ('text', $bytes, '', 'x' x 900_000) {
        same($client->set('k', $value), 1);
        same($client->get('k'), $value);
    }
    same(scalar $client->get('missing'), undef);
});
check('modes', sub {
    $client->delete('m');
    same($client->replace('m', 1), '');
    same($client->add('m', 'b'), 1);
    same($client->add('m', 'c'), '');
    same($client->append('m', 'c'), 1);
    same($client->prepend('m', 'a'), 1);
    same($client->get('m'), 'abc');
    same($client->delete('m'), 1);
});
check('many', sub {
    $client->set_multi(map { ["many$_", "value$_"] } 1 .. 100);
    my $values = $client->get_multi('missing', map { "many$_" } 1 .. 100);
    same(scalar(keys %$values), 100);
    same($values->{many77}, 'value77');
    $client->delete_multi(map { "many$_" } 1 .. 100);
    same(scalar(keys %{ $client->get_multi(map { "many$_" } 1 .. 100) }), 0);
});
check('cas', sub {
    $client->set('c', 1);
    my $token = $client->gets('c');
    same($token->[1], 1);
    same($client->cas('c', $token->[0], 2), 1);
    same($client->cas('c', $token->[0], 3), '');
    same($client->get('c'), 2);
});
check('counting', sub {
    $client->set('n', '18446744073709551614');
    same($client->incr('n'), '18446744073709551615');
    $client->set('n', 10);
    same($client->decr('n', 3), 7);
    same($client->decr('n', 30), '0E0');
    same($client->incr('none'), '');
});
check('objects', sub {
    $client->set('o', { a => [1, 2, 3] });
    same($client->get('o')->{a}[2], 3);
});
check('time to live', sub {
    $client->set('t', 1, 1);
    $client->set('t2', 1, 100);
    same($client->touch('t2', 1), 1);
    sleep 3;
    same(scalar $client->get('t'), undef);
    same(scalar $client->get('t2'), undef);
});
check('server', sub {
    same((values %{ $client->server_versions })[0] =~ /^1\./ ? 1 : 0, 1);
    $client->set('s', 1);
    $client->flush_all;
    same(scalar $client->get('s'), undef);
    same(scalar $client->set('big', 'x' x 1_100_000), undef);
    same($client->set('after', 1), 1);
});
