using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.State;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Intentions;

/// <summary>intentions CE-5, CE-10, CE-13 (16 fields), DEF-4, DEF-14.</summary>
public sealed class IntentionEntryValidationTests
{
    private static readonly string Long = new('x', 513);

    // Each source is wrong in this and in everything behind it, so a passing row also shows the order.
    public static TheoryData<string, string> OfSources() => new()
    {
        { """{"SamenessGroup":"g","Peer":"*","Action":"x"}""", "Sources[0].Name is required" },
        { """{"Name":"w*","SamenessGroup":"g"}""", "Sources[0].SamenessGroup: Sameness groups are a Consul Enterprise feature. " },
        { """{"Name":"w*","Peer":"*"}""", "Sources[0].Name: wildcard character '*' cannot be used with partial values" },
        { """{"Name":"web","Peer":"*","Description":"LONG"}""", "Sources[0].Peer: cannot use wildcard '*' in peer" },
        { """{"Name":"web","Description":"LONG","LegacyMeta":{"a":"b"}}""", "Sources[0].Description exceeds maximum length 512" },
        { """{"Name":"web","LegacyMeta":{"a":"b"},"Action":"x"}""", "Sources[0].LegacyMeta must be omitted" },
        { """{"Name":"web","Action":"Allow","Type":"x"}""", "Sources[0].Action must be set to 'allow' or 'deny'" },
        {
            """{"Name":"web","Action":"allow","Type":"x","Permissions":[{"Action":"allow","HTTP":{"PathPrefix":"/"}}]}""",
            "Sources[0].Action must be omitted if Permissions are specified"
        },
        { """{"Name":"web","Type":"x","Permissions":[{"Action":"y"}]}""", "Sources[0].Type must be set to 'consul'" },
        { """{"Name":"web","Permissions":[{"Action":"y"}]}""", "Sources[0].Permissions[0].Action must be set to 'allow' or 'deny'" },
        { """{"Name":"web","Permissions":[{"Action":"deny"}]}""", "Sources[0].Permissions[0].HTTP is required" },
        {
            """{"Name":"web","Permissions":[{"Action":"deny","HTTP":{"PathExact":"a","PathPrefix":"b"}}]}""",
            "Sources[0].Permissions[0].HTTP.PathExact doesn't start with '/': \"a\""
        },
        {
            """{"Name":"web","Permissions":[{"Action":"deny","HTTP":{"PathExact":"/a","PathPrefix":"b\n"}}]}""",
            "Sources[0].Permissions[0].HTTP.PathPrefix doesn't start with '/': \"b\\n\""
        },
        {
            """{"Name":"web","Permissions":[{"Action":"deny","HTTP":{"PathExact":"/a","PathPrefix":"/b","Header":[{}]}}]}""",
            "Sources[0].Permissions[0].HTTP should only contain at most one of PathExact, PathPrefix, or PathRegex"
        },
        {
            """{"Name":"web","Permissions":[{"Action":"deny","HTTP":{"Header":[{"Name":"a","Present":true},{}],"Methods":["x"]}}]}""",
            "Sources[0].Permissions[0].HTTP.Header[1] missing required Name field"
        },
        {
            """{"Name":"web","Permissions":[{"Action":"deny","HTTP":{"Header":[{"Name":"a","Invert":true}],"Methods":["x"]}}]}""",
            "Sources[0].Permissions[0].HTTP.Header[0] should only contain one of Present, Exact, Prefix, Suffix, or Regex"
        },
        {
            """{"Name":"web","Permissions":[{"Action":"deny","HTTP":{"Methods":["get","GET","x"]}}]}""",
            "Sources[0].Permissions[0].HTTP.Methods contains \"GET\" more than once"
        },
        {
            """{"Name":"web","Permissions":[{"Action":"deny","HTTP":{"Methods":["x"]}}]}""",
            "Sources[0].Permissions[0].HTTP.Methods contains an invalid method \"X\""
        },
        {
            """{"Name":"web","Permissions":[{"Action":"deny","HTTP":{},"JWT":{"Providers":[{}]}}]}""",
            "Sources[0].Permissions[0].HTTP should not be empty"
        },
        {
            """{"Name":"web","Permissions":[{"Action":"deny","HTTP":{"PathExact":"/"},"JWT":{"Providers":[{}]}}]}""",
            "1 error occurred:\n\t* JWT provider name is required\n\n"
        },
        { """{"Name":"*","Action":"deny"},{"Name":"web","Action":"deny"},{"Name":"web","Action":"allow"}""", "Sources[1] defines \"web\" more than once" },
        {
            """{"Name":"web","Action":"deny","Peer":"p"},{"Name":"web","Action":"allow"},{"Name":"web","Action":"allow","Peer":"p"}""",
            "Sources[2] defines peer(\"p\") \"web\" more than once"
        },
    };

    [Theory] // CE-10 no. 6
    [MemberData(nameof(OfSources))]
    public void The_first_thing_wrong_with_a_source_is_told(string sources, string expected) =>
        Refusal("{\"Kind\":\"service-intentions\",\"Name\":\"db\",\"Sources\":[" + sources.Replace("LONG", Long, StringComparison.Ordinal) + "]}")
            .Should().Be(expected);

    [Theory] // CE-10 nos. 1 to 5, and 6.9
    [InlineData(""" "Name":"" """, "Name is required")]
    [InlineData(""" "Name":"d*","JWT":{"Providers":[{}]} """, "Name: wildcard character '*' cannot be used with partial values")]
    [InlineData(""" "Name":"db","JWT":{"Providers":[{}]},"Meta":{"LONG":""} """, "1 error occurred:\n\t* JWT provider name is required\n\n")]
    [InlineData(
        """ "Name":"db","Meta":{"a":"LONG","LONG":"LONG"} """,
        "3 errors occurred:\n\t* Meta value for key \"a\" exceeds maximum length 512\n\t* Meta key \"LONG\" exceeds maximum length 128\n"
            + "\t* Meta value for key \"LONG\" exceeds maximum length 512\n\n")]
    [InlineData(""" "Name":"db" """, "At least one source is required")]
    [InlineData(
        """ "Name":"*","Sources":[{"Name":"web","Permissions":[{}]}] """,
        "Sources[0].Permissions cannot be specified on intentions with wildcarded destinations")]
    public void The_first_thing_wrong_with_an_entry_is_told(string fields, string expected) =>
        Refusal("{\"Kind\":\"service-intentions\"," + fields.Replace("LONG", Long, StringComparison.Ordinal) + "}")
            .Should().Be(expected.Replace("LONG", Long, StringComparison.Ordinal));

    [Fact] // CE-5: precedence first, else as given
    public async Task Sources_are_sorted_by_precedence_and_stay_in_order_otherwise()
    {
        using var store = new IntentionFixture();
        await store.PutAsync(
            """
            {"Kind":"service-intentions","Name":"db","Sources":[{"Name":"*","Action":"deny"},{"Name":"z","Action":"allow"},{"Name":"a","Action":"allow",
            "Precedence":3,"LegacyID":"x","LegacyCreateTime":"2020-01-01T00:00:00Z"}]}
            """);
        (await store.ShowAsync("service-intentions", "db")).Should().Be(
            """
            {"Kind":"service-intentions","Name":"db","Sources":[{"Name":"z","Action":"allow","Precedence":9,"Type":"consul"},{"Name":"a","Action":"allow","Precedence":9,"Type":"consul"},{"Name":"*","Action":"deny","Precedence":8,"Type":"consul"}],"CreateIndex":2,"ModifyIndex":2}
            """);
        (await store.ListAsync()).Select(intention => intention.SourceName).Should().Equal("a", "z", "*");
    }

    [Fact] // CE-1 to CE-3: the fields of 1.16 are kept and shown; PREC-2: the peer comes before the name
    public async Task Peers_and_tokens_are_kept_and_shown()
    {
        using var store = new IntentionFixture();
        await store.PutAsync("""{"Kind":"service-defaults","Name":"db","Protocol":"http"}""");
        await store.PutAsync(
            """
            {"Kind":"service-intentions","Name":"db","jwt":{"providers":[{"name":"okta","verify_claims":[{"path":["a","b"],"value":"c"}]}]},
            "Sources":[{"Name":"web","Peer":"p","Action":"allow"},{"Name":"web","Permissions":[{"Action":"deny","HTTP":{"PathExact":"/"},"JWT":{"Providers":[{"Name":"o"}]}}]}]}
            """);
        (await store.ShowAsync("service-intentions", "db")).Should().Be(
            """
            {"Kind":"service-intentions","Name":"db","Sources":[{"Name":"web","Action":"allow","Precedence":9,"Type":"consul","Peer":"p"},{"Name":"web","Permissions":[{"Action":"deny","HTTP":{"PathExact":"/"},"JWT":{"Providers":[{"Name":"o"}]}}],"Precedence":9,"Type":"consul"}],"JWT":{"Providers":[{"Name":"okta","VerifyClaims":[{"Path":["a","b"],"Value":"c"}]}]},"CreateIndex":3,"ModifyIndex":3}
            """);
        var list = await store.ListAsync();
        list.Select(intention => intention.SourcePeer).Should().Equal(null, "p");
        list.Should().OnlyContain(intention => intention.Jwt!.Providers![0].Name == "okta");
    }

    [Fact] // the same name at a peer is another service: it opens nothing to ours, and exact writes leave it alone
    public async Task A_peers_source_is_none_of_ours()
    {
        using var store = new IntentionFixture();
        await store.PutAsync("""{"Kind":"service-intentions","Name":"db","Sources":[{"Name":"web","Peer":"p","Action":"allow"}]}""");
        store.Intentions.Check("web", "db", DefaultDecision.Deny).Allowed.Should().BeFalse();
        (await store.Intentions.MatchAsync(byDestination: true, ["db"], default, CancellationToken.None)).Value[0].Decide("web", DefaultDecision.Deny)
            .Allowed.Should().BeFalse();
        (await store.Intentions.GetAsync("web", "db", default, CancellationToken.None)).Value.Should().BeNull();
        await store.Intentions.DeleteAsync("web", "db");
        (await store.ListAsync()).Should().ContainSingle();
        await store.AllowAsync("web", "db");
        (await store.ListAsync()).Should().HaveCount(2);
    }

    [Fact] // DEF-4, DEF-14
    public async Task What_will_hardly_do_what_it_looks_like_is_taken_with_a_warning()
    {
        using var store = new IntentionFixture();
        await store.AllowAsync("web", "db");
        store.Logged.Should().BeEmpty();
        await store.AllowAsync("Web", "db");
        store.Logged.Should().ContainSingle().Which.Should().Contain("the sources \"web\" and \"Web\" differ only in case");
        await store.PutAsync("""{"Kind":"service-defaults","Name":"api","Protocol":"http"}""");
        await store.PutAsync(
            """{"Kind":"service-intentions","Name":"api","Sources":[{"Name":"web","Permissions":[{"Action":"deny","HTTP":{"PathRegex":"([bad"}}]}]}""");
        store.Logged.Should().HaveCount(2).And.Subject.Last().Should().Contain("name=api").And.Contain("([bad");
    }

    [Fact] // the reference has no bound on the number of sources (CE-11), and none on that of entries; ours are far beyond
    public async Task A_hundred_thousand_sources_and_entries_work()
    {
        const int Many = 100_000;
        using var store = new IntentionFixture();
        await store.State.WriteAsync(writer =>
        {
            var sources = Enumerable.Range(0, Many).Select(i => new IntentionSource($"web{i}") { Action = Intention.Allow });
            IntentionRows.Put(writer, null, IntentionEntryValidation.Normalize(new IntentionEntry("big", [.. sources], null, 0, 0)));
            for (var i = 0; i < Many; i++)
            {
                var source = new IntentionSource("web") { Action = Intention.Allow, LegacyId = $"id{i}" };
                IntentionRows.Put(writer, null, new IntentionEntry($"db{i}", [source], null, 0, 0));
            }

            return true;
        });
        await store.AllowAsync("one-more", "big");
        store.Intentions.Check("web99999", "big", DefaultDecision.Deny).Allowed.Should().BeTrue();
        store.Intentions.Check("one-more", "big", DefaultDecision.Deny).Allowed.Should().BeTrue();
        store.Intentions.Check("other", "big", DefaultDecision.Deny).Allowed.Should().BeFalse();
        (await store.Intentions.MatchAsync(byDestination: true, ["db77777"], default, CancellationToken.None)).Value[0].Intentions.Should().ContainSingle();
        (await store.Intentions.GetAsync("id77777", default, CancellationToken.None)).Value!.DestinationName.Should().Be("db77777");
        (await store.ListAsync()).Should().HaveCount((2 * Many) + 1);
        await store.ById.DeleteAsync("id77777");
        store.State.Current.By(IntentionTables.ById).Keys.Should().HaveCount(Many - 1);
    }

    private static string Refusal(string json)
    {
        var (kind, document) = IntentionFixture.Decode(json);
        var make = () => kind.Make(document);
        var error = make.Should().Throw<ServerException>().Which;
        error.Kind.Should().Be(FailureKind.Mistake, "IAPI-2");
        return error.Message;
    }
}
