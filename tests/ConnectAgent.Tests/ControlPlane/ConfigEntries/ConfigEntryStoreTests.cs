using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.State;
using ConnectAgent.Tests.ControlPlane.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.ConfigEntries;

/// <summary>intentions CE-12, CE-20 to CE-27, IAPI-6; services CFG-2, CFG-5, CFG-6.</summary>
public sealed class ConfigEntryStoreTests : IDisposable
{
    private const string Http = """{"Kind":"service-defaults","Name":"api","Protocol":"http"}""";
    private const string Tcp = """{"Kind":"service-defaults","Name":"API","Protocol":"tcp"}""";
    private const string GlobalHttp = """{"Kind":"proxy-defaults","Name":"global","Config":{"protocol":"http2"}}""";
    private const string Layer7 =
        """{"Kind":"service-intentions","Name":"Api","Sources":[{"Name":"web","Permissions":[{"Action":"allow","HTTP":{"PathPrefix":"/"}}]}]}""";

    private readonly IntentionFixture _store = new();

    public void Dispose() => _store.Dispose();

    [Fact] // CE-12: own defaults, else the global ones, else tcp
    public async Task Permissions_need_a_protocol_like_http()
    {
        const string Refusal = "service \"Api\" has protocol \"tcp\", which is incompatible with L7 intentions permissions";
        await RefusedAsync(() => _store.PutAsync(Layer7), Refusal);
        await _store.PutAsync(GlobalHttp);
        (await _store.PutAsync(Layer7)).Should().BeTrue();

        // Whatever would take the protocol away is refused, and changes nothing.
        var before = _store.State.Current;
        await RefusedAsync(() => DeleteAsync("proxy-defaults", "global"), Refusal);
        await RefusedAsync(() => _store.PutAsync("""{"Kind":"proxy-defaults","Name":"global"}"""), Refusal);
        await RefusedAsync(() => _store.PutAsync(Tcp), Refusal);
        _store.State.Current.Should().BeSameAs(before);

        // With a protocol of its own the service no longer depends on the global one.
        await _store.PutAsync(Http);
        (await DeleteAsync("proxy-defaults", "global")).Should().BeTrue();
        await RefusedAsync(() => DeleteAsync("service-defaults", "api"), Refusal);

        // Without permissions it is free.
        (await DeleteAsync("service-intentions", "api")).Should().BeTrue();
        (await DeleteAsync("service-defaults", "api")).Should().BeTrue();
    }

    [Fact] // CE-21, CFG-2
    public async Task Compare_and_set()
    {
        (await _store.PutAsync(Http, cas: 1)).Should().BeFalse("there is none");
        (await _store.PutAsync(Http, cas: 0)).Should().BeTrue();
        (await _store.PutAsync(Tcp, cas: 0)).Should().BeFalse();
        (await _store.PutAsync(Http, cas: 0)).Should().BeTrue("it is stored already");
        (await _store.PutAsync(Tcp, cas: 2)).Should().BeTrue();
        (await _store.ShowAsync("service-defaults", "api")).Should().Contain("\"CreateIndex\":2,\"ModifyIndex\":3");
    }

    [Fact]
    public async Task FA_24_A_timeout_is_kept_to_the_nanosecond_and_not_erased_by_an_empty_text()
    {
        foreach (var (sent, shown) in new[] { ("150", "150ns"), ("\"1.00000005s\"", "1.00000005s"), ("\"15s\"", "15s") })
        {
            await _store.PutAsync($$"""{"Kind":"service-resolver","Name":"web","ConnectTimeout":{{sent}} }""");
            (await _store.ShowAsync("service-resolver", "web")).Should().Contain($"\"ConnectTimeout\":\"{shown}\"");
        }

        var put = () => _store.PutAsync("""{"Kind":"service-resolver","Name":"web","ConnectTimeout":""}""");
        await put.Should().ThrowAsync<ConnectAgent.Protocol.Schema.MapstructureException>();
        (await _store.ShowAsync("service-resolver", "web")).Should().Contain("\"ConnectTimeout\":\"15s\"");
    }

    [Fact] // CE-26, CE-27
    public async Task Compare_and_delete()
    {
        await _store.PutAsync(Http);
        (await DeleteAsync("service-defaults", "api", cas: 1)).Should().BeFalse();
        (await _store.ShowAsync("service-defaults", "api")).Should().NotBe("none");
        (await DeleteAsync("service-defaults", "api", cas: 2)).Should().BeTrue();
        (await DeleteAsync("service-defaults", "api", cas: 2)).Should().BeTrue("absent");
        (await DeleteAsync("service-defaults", "api")).Should().BeTrue("absent");
    }

    [Fact] // IXN-5: the first spelling stays
    public async Task An_entry_keeps_its_name()
    {
        await _store.PutAsync("""{"Kind":"service-intentions","Name":"db","Sources":[{"Name":"web","Action":"allow"}]}""");
        await _store.PutAsync("""{"Kind":"service-intentions","Name":"DB","Sources":[{"Name":"web","Action":"allow"}]}""");
        _store.State.LastIndex.Should().Be(2, "the same entry is no write");
        await _store.PutAsync("""{"Kind":"service-intentions","Name":"DB","Sources":[{"Name":"web","Action":"deny"}]}""");
        (await _store.ShowAsync("service-intentions", "dB")).Should().StartWith("""{"Kind":"service-intentions","Name":"db",""");
    }

    [Fact] // IAPI-6, CFG-5: one index over all kinds, also over deletes
    public async Task The_index_is_that_of_any_entry()
    {
        (await _store.Intentions.ListAsync(default, CancellationToken.None)).Index.Should().Be(1);
        await _store.PutAsync(Http);
        (await _store.Intentions.ListAsync(default, CancellationToken.None)).Index.Should().Be(2);
        await DeleteAsync("service-defaults", "api");
        (await _store.Intentions.MatchAsync(byDestination: true, ["db"], default, CancellationToken.None)).Index.Should().Be(3);
        (await _store.Entries.GetAsync(ConfigEntryKinds.Named("mesh"), "mesh", default, CancellationToken.None)).Index.Should().Be(3);
    }

    [Fact] // IAPI-6, IDX-12: neither a write of another kind nor another name answers them, and missing stays parked while missing
    public async Task Parked_readers_wake_for_their_own_entry_only()
    {
        var kind = ConfigEntryKinds.Named("service-defaults");
        var parked = _store.Entries.GetAsync(kind, "API", Block(1), CancellationToken.None);
        var list = _store.Entries.ListAsync([kind], Block(1), CancellationToken.None);
        var match = _store.Intentions.MatchAsync(byDestination: true, ["db"], Block(1), CancellationToken.None);
        await _store.PutAsync("""{"Kind":"mesh"}""");
        list.IsCompleted.Should().BeFalse();
        await _store.PutAsync("""{"Kind":"service-defaults","Name":"other"}""");
        (await list.WaitAsync(TimeSpan.FromSeconds(60))).Value.Should().ContainSingle();
        parked.IsCompleted.Should().BeFalse();
        await _store.PutAsync(Http);
        (await parked.WaitAsync(TimeSpan.FromSeconds(60))).Value!.Name.Should().Be("api");
        match.IsCompleted.Should().BeFalse();
        await _store.AllowAsync("web", "db");
        (await match.WaitAsync(TimeSpan.FromSeconds(60))).Value[0].Intentions.Should().ContainSingle();
    }

    [Fact] // CFG-5
    public async Task All_kinds_are_listed_by_kind_and_name()
    {
        await _store.PutAsync("""{"Kind":"service-defaults","Name":"b"}""");
        await _store.PutAsync("""{"Kind":"service-defaults","Name":"A"}""");
        await _store.PutAsync("""{"Kind":"mesh"}""");
        await _store.AllowAsync("web", "db");
        (await _store.Entries.ListAsync(ConfigEntryKinds.All, default, CancellationToken.None)).Value.Select(entry => (entry.Kind.Name, entry.Entry.Name))
            .Should().Equal(("mesh", "mesh"), ("service-defaults", "A"), ("service-defaults", "b"), ("service-intentions", "db"));
    }

    private static BlockingOptions Block(ulong index) => new(new BlockingQuery(index, TimeSpan.FromMinutes(5)));

    private Task<bool> DeleteAsync(string kind, string name, ulong? cas = null) => _store.Entries.DeleteAsync(ConfigEntryKinds.Named(kind), name, cas);

    private static async Task RefusedAsync(Func<Task<bool>> write, string text) =>
        (await write.Should().ThrowAsync<ServerException>()).WithMessage(text).Which.Kind.Should().Be(FailureKind.Mistake);
}
