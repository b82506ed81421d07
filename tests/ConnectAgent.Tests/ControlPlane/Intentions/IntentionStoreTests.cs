using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Intentions;

/// <summary>intentions sections 1 to 5 on the embedded state.</summary>
public sealed class IntentionStoreTests : IDisposable
{
    private readonly StateStore _state = new(new MemoryStateStorage(), ControlPlaneTables.All);
    private readonly BlockingReader _reader;
    private readonly IntentionStore _store;

    public IntentionStoreTests()
    {
        _reader = new BlockingReader(_state, BlockingLimits.Standard, TimeProvider.System, Random.Shared);
        _store = new IntentionStore(_state, _reader, NullLogger<IntentionStore>.Instance);
    }

    public void Dispose()
    {
        _reader.Dispose();
        _state.Dispose();
    }

    [Theory] // IXN-5: only ASCII letters lose their case, nothing else of a name is lost
    [InlineData("DB", "db", true)]
    [InlineData("caf\u00e9-a", "caf\u00e9-b", false)]
    [InlineData("caf\u00e9-a", "caf\u00e8-a", false)]
    [InlineData("\u00c9", "\u00e9", false)]
    public void Destination_names_meet_without_ASCII_case(string a, string b, bool same) =>
        (IntentionEntry.KeyOf(a) == IntentionEntry.KeyOf(b)).Should().Be(same);

    [Fact] // EX-6, IXN-3, IXN-5
    public async Task A_write_replaces_its_source_and_raises_the_index_of_its_siblings()
    {
        await PutAsync("web", "db", Intention.Allow, "first");
        await PutAsync("api", "DB", Intention.Deny);
        await PutAsync("web", "db", Intention.Deny);
        var (list, index) = await _store.ListAsync(default, CancellationToken.None);
        list.Select(intention => (intention.SourceName, intention.DestinationName, intention.Action, intention.Description)).Should().Equal(
            ("api", "db", "deny", null), ("web", "db", "deny", null));
        list.Should().OnlyContain(intention => intention.ModifyIndex == index);
    }

    [Fact] // IXN-7, CE-10
    public async Task A_refused_write_changes_nothing()
    {
        await PutAsync("web", "db", Intention.Allow);
        var before = _state.Current;
        var write = () => PutAsync("w*", "db", Intention.Allow);
        (await write.Should().ThrowAsync<ServerException>()).WithMessage("Sources[1].Name: wildcard character '*' cannot be used with partial values");
        _state.Current.Should().BeSameAs(before);
    }

    [Fact] // IXN-4, EX-8
    public async Task The_last_source_takes_the_entry_with_it_and_deleting_nothing_is_no_write()
    {
        await PutAsync("web", "db", Intention.Allow);
        await _store.DeleteAsync("web", "db");
        _state.Current.Rows(IntentionTables.Entries).Should().BeEmpty();
        var before = _state.Current;
        await _store.DeleteAsync("web", "db");
        _state.Current.Should().BeSameAs(before);
        (await _store.GetAsync("web", "db", default, CancellationToken.None)).Value.Should().BeNull();
    }

    [Fact] // IAPI-6: a parked match is not woken by what leaves its result as it is
    public async Task An_unrelated_write_does_not_answer_a_parked_match()
    {
        await PutAsync("web", "db", Intention.Allow);
        var (_, index) = await _store.MatchAsync(byDestination: true, ["db"], default, CancellationToken.None);
        var parked = _store.MatchAsync(byDestination: true, ["db"], new BlockingOptions(new BlockingQuery(index, TimeSpan.FromMinutes(5))), CancellationToken.None);
        var bySource = _store.MatchAsync(byDestination: false, ["web"], new BlockingOptions(new BlockingQuery(index, TimeSpan.FromMinutes(5))), CancellationToken.None);
        await PutAsync("api", "other", Intention.Deny);
        parked.IsCompleted.Should().BeFalse();
        await PutAsync("*", "*", Intention.Deny);
        (await parked.WaitAsync(TimeSpan.FromSeconds(60))).Value[0].Intentions.Should().HaveCount(2, "a wildcard protects db, too");
        (await bySource.WaitAsync(TimeSpan.FromSeconds(60))).Value[0].Intentions.Should().HaveCount(2);
    }

    [Fact] // the class of GH-15010: whoever leaves takes his watches along
    public async Task A_reader_that_leaves_leaves_no_watch_behind()
    {
        for (var i = 0; i < 100; i++)
        {
            using var caller = new CancellationTokenSource();
            var parked = _store.MatchAsync(byDestination: true, [$"db{i}"], new BlockingOptions(new BlockingQuery(100, TimeSpan.FromMinutes(5))), caller.Token);
            await caller.CancelAsync();
            await ((Func<Task>)(() => parked)).Should().ThrowAsync<OperationCanceledException>();
        }

        _state.Watches.Count.Should().Be(0);
    }

    [Theory] // ICHK-2, ICHK-4
    [InlineData("web", "db", true)]
    [InlineData("web", "DB", false)]
    [InlineData("other", "db", false)]
    [InlineData("*", "db", false)]
    [InlineData("web", "*", false)]
    public async Task Check_compares_the_destination_with_case(string source, string destination, bool allowed)
    {
        await PutAsync("web", "db", Intention.Allow);
        await PutAsync("*", "*", Intention.Deny);
        _store.Check(source, destination, DefaultDecision.Allow).Allowed.Should().Be(allowed);
    }

    private Task PutAsync(string source, string destination, string action, string? description = null) =>
        _store.UpsertAsync(destination, new IntentionSource(source) { Action = action, Description = description }, null);
}
