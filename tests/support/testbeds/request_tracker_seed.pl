# Fills a fresh RT: people with tokens, four queues, custom fields; writes tokens and queue numbers as JSON to ARGV[0].
use strict;
use warnings;
use utf8;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT -init;
use RT::AuthToken;
use JSON;

my $system = RT->SystemUser;
sub must { my ($id, $message) = @_; $id or die "seeding: $message\n"; return $id }
sub user { my $user = RT::User->new($system); $user->Load($_[0]); return $user }

my %real = (sync => 'Sync Tést', alice => 'Älice Müller-Łukasz', bob => 'Bób 山田', carol => 'Cárol Kundin');
my %token;
for my $login (qw(root sync alice bob carol)) {
    my $user = user($login);
    must($user->Create(Name => $login, RealName => $real{$login}, EmailAddress => "$login\@example.test",
                       Password => "testbed-$login", Privileged => $login ne 'carol')) unless $user->id;
    next if $login eq 'carol';
    must($user->PrincipalObj->GrantRight(Right => 'ManageAuthTokens'));
    my ($id, $message, $secret) = RT::AuthToken->new($system)->Create(Owner => $user->id, Description => 'testbed');
    must($id, $message);
    $token{$login} = $secret;
}

my @agents = map { user($_)->PrincipalObj } qw(sync alice bob);
my %queue;
for my $name ('Support – Hilfe', 'Second', 'Bare', 'Approvals') {
    my $queue = $queue{$name} = RT::Queue->new($system);
    must($queue->Create(Name => $name, Lifecycle => $name eq 'Approvals' ? 'approval' : 'default',
                        CorrespondAddress => 'queue' . keys(%queue) . '@example.test'));
    for my $agent (@agents) {
        must($agent->GrantRight(Object => $queue, Right => $_)) for
            qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ModifyTicket ReplyToTicket CommentOnTicket OwnTicket
               TakeTicket ReassignTicket StealTicket Watch WatchAsAdminCc SeeCustomField ModifyCustomField
               SetInitialCustomField ShowOutgoingEmail DeleteTicket);
    }
}
for my $agent (@agents) { must($agent->GrantRight(Right => 'SeeCustomField')) }

for my $field (['Remote ID', 'Freeform-1'], ['Severity', 'Select-1', qw(Low Medium High)],
               ['Labels', 'Select-0', qw(API UI DB), 'Größe'], ['Notes', 'Text-1'], ['Due at', 'DateTime-1'],
               ['Planned day', 'Date-1']) {
    my ($name, $type, @values) = @$field;
    my $custom = RT::CustomField->new($system);
    must($custom->Create(Name => $name, TypeComposite => $type, LookupType => RT::Ticket->CustomFieldLookupType));
    my $order = 0;
    must($custom->AddValue(Name => $_, SortOrder => ++$order)) for @values;
    must($custom->AddToObject($_)) for @queue{'Support – Hilfe', 'Second'};
}

open my $out, '>', $ARGV[0] or die "seeding: $!";
print $out JSON->new->canonical->encode({
    tokens => \%token,
    queues => { queue => $queue{'Support – Hilfe'}->id . '', second => $queue{'Second'}->id . '',
                bare => $queue{'Bare'}->id . '', approvals => $queue{'Approvals'}->id . '' },
});
close $out or die "seeding: $!";
