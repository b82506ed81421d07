using System.Collections.Immutable;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Intentions;

/// <summary>intentions CRUD-3 to CRUD-13, CE-6 to CE-9, IXN-13.</summary>
public sealed class LegacyIntentionStoreTests : IDisposable
{
    private static readonly IReadOnlyDictionary<string, string> Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "1" };
    private readonly IntentionFixture _store = new();

    public void Dispose() => _store.Dispose();

    [Fact] // CRUD-11: all is replaced but the ID and the time of creation
    public async Task An_update_keeps_the_ID_and_the_time_of_creation()
    {
        var id = await CreateAsync("web", "db", meta: Meta, description: "d");
        var made = await GetAsync(id);
        _store.Clock.Advance(TimeSpan.FromHours(1));
        await _store.ById.UpdateAsync(id, "db", new IntentionSource("api") { Action = Intention.Deny });
        var changed = await GetAsync(id);
        (changed!.SourceName, changed.Action, changed.Description, changed.Meta).Should().Be(("api", "deny", null, null));
        changed.CreatedAt.Should().Be(made!.CreatedAt);
        changed.UpdatedAt.Should().Be(made.CreatedAt!.Value.AddHours(1));
        changed.Hash.Should().NotBe(made.Hash);
        (made.Description, made.Meta!["a"], made.UpdatedAt).Should().Be(("d", "1", made.CreatedAt));
    }

    [Fact] // CE-7: a write by names takes the IDs of all sources of its destination
    public async Task A_write_by_names_converts_the_entry_for_good()
    {
        var (web, other) = (await CreateAsync("web", "db"), await CreateAsync("web", "cache"));
        await _store.AllowAsync("api", "DB");
        (await GetAsync(web)).Should().BeNull();
        (await GetAsync(other)).Should().NotBeNull();
        (await _store.ListAsync()).Where(one => one.DestinationName == "db").Should().OnlyContain(one =>
            one.Id == null && one.Hash == null && one.CreatedAt == null && one.UpdatedAt == null);
        await RefusedAsync(
            () => CreateAsync("z", "dB"),
            "cannot use legacy intention API to edit intentions with a destination of \"db\" after editing them via a service-intentions config entry");
    }

    [Fact] // CE-9, ICLI-5
    public async Task Meta_of_another_source_stops_a_conversion()
    {
        await CreateAsync("web", "db", meta: Meta);
        await CreateAsync("api", "db");
        await RefusedAsync(() => _store.AllowAsync("api", "db"), "Sources[0].LegacyMeta must be omitted");
        await RefusedAsync(() => _store.Intentions.DeleteAsync("api", "db"), "Sources[0].LegacyMeta must be omitted");
        await _store.Intentions.DeleteAsync("web", "db");
        (await _store.ListAsync()).Should().ContainSingle().Which.Id.Should().BeNull("the source with meta is gone, so the rest is converted");
    }

    [Fact] // CE-9: through the config API there is nothing in the way
    public async Task An_entry_overwrites_meta()
    {
        var id = await CreateAsync("web", "db", meta: Meta);
        await _store.PutAsync("""{"Kind":"service-intentions","Name":"db","Sources":[{"Name":"web","Action":"allow"}]}""");
        (await GetAsync(id)).Should().BeNull();
    }

    [Theory] // CRUD-3: all that is wrong, in its order
    [InlineData("w*", "d*", "x", "SourceName: wildcard character '*' cannot be used with partial values",
        "DestinationName: wildcard character '*' cannot be used with partial values", "Action must be set to 'allow' or 'deny'",
        "SourceType must be set to 'consul'")]
    [InlineData("", "", "consul", "SourceName must be set", "DestinationName must be set", "Action must be set to 'allow' or 'deny'")]
    public async Task All_that_is_wrong_is_told(string source, string destination, string type, params string[] expected) => await RefusedAsync(
        () => _store.ById.CreateAsync(destination, new IntentionSource(source) { Type = type }), ListError.Of(expected));

    [Fact] // CRUD-3, the rest of it
    public async Task Bounds_are_counted_in_bytes()
    {
        var source = new IntentionSource("web")
        {
            Action = Intention.Allow,
            Description = new string('\u00e9', 257),
            LegacyMeta = Enumerable.Range(0, 65).ToDictionary(i => $"{i:D3}" + new string('\u00e9', 63), _ => new string('\u00e9', 257), StringComparer.Ordinal),
            Permissions = [new IntentionPermission { Action = Intention.Deny }],
        };
        var create = () => _store.ById.CreateAsync("db", source);
        var text = (await create.Should().ThrowAsync<ServerException>()).Which.Message;
        text.Should().StartWith("133 errors occurred:\n\t* Description exceeds maximum length 512\n\t* Meta exceeds maximum element count 64\n");
        text.Should().EndWith("\t* Permissions must not be set when using the legacy APIs\n\n");
    }

    [Theory] // IXN-13
    [InlineData("zork", "UUID must be 36 characters")]
    [InlineData("", "UUID must be 36 characters")]
    [InlineData("zzzzzzzz-1111-1111-1111-111111111111", "Invalid UUID: encoding/hex: invalid byte: U+007A 'z'")]
    [InlineData("11111111-1111-1111-1111-11111111111\u00e9", "UUID must be 36 characters")]
    [InlineData("11111111-1111-1111-1111-1111111111\u00e9", "Invalid UUID: encoding/hex: invalid byte: U+00C3 '\u00c3'")]
    public void The_shape_of_an_ID_is_checked_first(string id, string expected) =>
        IntentionIds.WhyMalformed(id).Should().Be("failed config entry lookup: index error: " + expected);

    [Fact] // IXN-13, CRUD-1
    public async Task An_ID_is_a_lower_case_UUID_and_matches_exactly()
    {
        var id = await CreateAsync("web", "db");
        id.Should().MatchRegex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$");
        IntentionIds.WhyMalformed(id).Should().BeNull();
        (await GetAsync(id.ToUpperInvariant())).Should().Be(id.Any(char.IsAsciiLetter) ? null : await GetAsync(id));
    }

    [Fact] // IAPI-7: by ID, too
    public async Task A_parked_read_by_ID_wakes_when_its_entry_changes()
    {
        var id = await CreateAsync("web", "db");
        var parked = _store.Intentions.GetAsync(id, Block(2), CancellationToken.None);
        await CreateAsync("web", "other");
        parked.IsCompleted.Should().BeFalse();
        await _store.ById.DeleteAsync(id);
        (await parked.WaitAsync(TimeSpan.FromSeconds(60))).Value.Should().BeNull();
        (await _store.Intentions.GetAsync(id, Block(99), CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60))).Value.Should().BeNull();
    }

    [Fact] // a right to DB alone must not reach db
    public async Task A_writer_needs_the_right_to_the_stored_spelling()
    {
        _store.Intentions.NamesOf("DB").Should().Equal("DB");
        await CreateAsync("web", "db");
        _store.Intentions.NamesOf("db").Should().Equal("db");
        _store.Intentions.NamesOf("DB").Should().Equal("DB", "db");
        _store.Entries.NamesOf(ConfigEntryKinds.Named("service-intentions"), "Db").Should().Equal("Db", "db");
        _store.Entries.NamesOf(ConfigEntryKinds.Named("service-defaults"), "Db").Should().Equal("Db");
    }

    [Fact] // names of members are part of the format on disk
    public async Task What_is_stored_reads_back_as_it_was()
    {
        await CreateAsync("web", "db", meta: Meta, description: "d");
        await CreateAsync("*", "db");
        await _store.PutAsync("""{"Kind":"service-defaults","Name":"api","Protocol":"http","Meta":{"b":"<","a":"\u00e9"}}""");
        await _store.PutAsync(
            """
            {"Kind":"service-intentions","Name":"api","Meta":{"b":"1","a":"2"},"JWT":{"Providers":[{"Name":"o"}]},"Sources":[{"Name":"web","Peer":"p","Action":"deny"},
            {"Name":"web","Permissions":[{"Action":"allow","HTTP":{"PathExact":"/","Header":[{"Name":"a","Present":true,"Invert":true}],"Methods":["get"]}}]}]}
            """);
        foreach (var kind in ConfigEntryKinds.All)
        {
            foreach (var entry in kind.All(_store.State.Current))
            {
                var again = Reread(entry);
                kind.Show(again).ToJsonString().Should().Be(kind.Show(entry).ToJsonString());
                kind.IsSame(again, entry).Should().BeTrue();
            }
        }

        var before = (await _store.ListAsync()).Where(intention => intention.DestinationName == "db");
        ((IntentionEntry)Reread(IntentionRows.Find(_store.State.Current, "db")!)).Intentions.Should().BeEquivalentTo(before);
        _store.State.Current.By(IntentionTables.ById).Keys.Should().HaveCount(2);
    }

    private static IConfigEntry Reread(IConfigEntry entry) => entry switch
    {
        IntentionEntry intentions => Reread(IntentionTables.Entries, intentions),
        ConfigEntry document => Reread(DocumentKinds.RowsOf(document.Kind), document),
        _ => throw new InvalidOperationException(),
    };

    private static T Reread<T>(StateTable<T> table, T row)
        where T : class
    {
        var reader = table.Read(StateCounter.Highest);
        reader.Add(table.KeyOf(row), table.Encode(row));
        return StateSnapshot.Empty.With(table, reader.End(1)).Find(table, table.KeyOf(row))!;
    }

    private static BlockingOptions Block(ulong index) => new(new BlockingQuery(index, TimeSpan.FromMinutes(5)));

    private Task<string> CreateAsync(
        string source, string destination, IReadOnlyDictionary<string, string>? meta = null, string? description = null) => _store.ById.CreateAsync(
        destination, new IntentionSource(source) { Action = Intention.Allow, LegacyMeta = IntentionMeta.Stored(meta), Description = description });

    private async Task<Intention?> GetAsync(string id) => (await _store.Intentions.GetAsync(id, default, CancellationToken.None)).Value;

    private static async Task RefusedAsync(Func<Task> write, string text) =>
        (await write.Should().ThrowAsync<ServerException>()).Which.Message.Should().Be(text);
}
