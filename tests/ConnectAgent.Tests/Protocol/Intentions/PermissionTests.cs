using ConnectAgent.Protocol.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Intentions;

/// <summary>What the worked cases leave open (intentions L7-1 to L7-9, DEF-8).</summary>
public sealed class PermissionTests
{
    private const string Matched = "Matched L7 intention: default/web => default/api (Precedence: 9, Permissions: 1)";

    [Theory] // L7-4: one condition of each kind, inverted or not
    [InlineData("exact", "a", false, true)]
    [InlineData("exact", "A", false, false)]
    [InlineData("exact", "A", true, true)]
    [InlineData("prefix", "ab", false, true)]
    [InlineData("prefix", "b", true, true)]
    [InlineData("suffix", "ba", false, true)]
    [InlineData("suffix", "ab", true, true)]
    [InlineData("present", "", false, true)]
    [InlineData("present", "", true, false)]
    [InlineData("regex", "a", false, true)]
    [InlineData("regex", "aa", false, false)]
    [InlineData("regex", "aa", true, true)]
    [InlineData("exact", null, false, false)]
    [InlineData("exact", null, true, false)] // missing fails inverted conditions, too
    [InlineData("prefix", null, true, false)]
    [InlineData("suffix", null, true, false)]
    [InlineData("regex", null, true, false)]
    [InlineData("present", null, false, false)]
    [InlineData("present", null, true, true)]
    public void A_header_condition(string kind, string? value, bool invert, bool holds)
    {
        var condition = new HeaderCondition { Name = "X-Key", Invert = invert };
        condition = kind switch
        {
            "exact" => condition with { Exact = "a" },
            "prefix" => condition with { Prefix = "a" },
            "suffix" => condition with { Suffix = "a" },
            "regex" => condition with { Regex = "[a]" },
            _ => condition with { Present = true },
        };
        var headers = value is null ? RequestHeaders.None : new RequestHeaders([new("x-kEY", value)]);
        Holds(new HttpCondition { Headers = [condition] }, headers: headers).Should().Be(holds);
    }

    [Fact] // L7-5
    public void A_repeated_header_is_one_value_joined_with_commas()
    {
        var repeated = new RequestHeaders([new("x-key", "a"), new("X-KEY", "b")]);
        Holds(Header(new HeaderCondition { Name = "x-key", Exact = "a,b" }), headers: repeated).Should().BeTrue();
        Holds(Header(new HeaderCondition { Name = "x-key", Exact = "a" }), headers: repeated).Should().BeFalse();
        Holds(Header(new HeaderCondition { Name = "x-key", Exact = "a", Invert = true }), headers: repeated).Should().BeTrue();
    }

    [Theory] // DEF-8: for deny permissions only, and only where configured
    [InlineData("deny", true, false)]
    [InlineData("deny", false, true)]
    public void A_deny_permission_looks_at_each_value_of_a_repeated_header(string action, bool each, bool allowed)
    {
        var repeated = new RequestHeaders([new("x-tenant", "good"), new("x-tenant", "evil")]);
        var decision = Decide(
            [new IntentionPermission { Action = action, Http = Header(new HeaderCondition { Name = "x-tenant", Exact = "evil" }) }],
            DefaultDecision.Allow,
            new HttpAttributes("GET", "/", repeated, new HttpEvaluation(TestEachHeaderValue: each)));
        decision.Allowed.Should().Be(allowed);
    }

    [Fact] // DEF-8: what an allow permission sees stays the joined value
    public void An_allow_permission_never_looks_at_single_values()
    {
        var repeated = new RequestHeaders([new("x-tenant", "good"), new("x-tenant", "evil")]);
        Holds(Header(new HeaderCondition { Name = "x-tenant", Exact = "good" }), headers: repeated).Should().BeFalse();
    }

    [Theory] // FA-4: of one request the same is seen, however it is spelled
    [InlineData("x-tenant", "good,evil", true)]
    [InlineData("x-tenant", "good , evil", true)]
    [InlineData("x-tenant", " evil\t", true)]
    [InlineData("X-TENANT", "evil", true)]
    [InlineData("x_tenant", "evil", true)] // CGI reads it as the same
    [InlineData("x-tenant", "good", false)]
    [InlineData("x-tenan", "evil", false)]
    public void FA_4_A_deny_permission_looks_at_every_part_and_an_allow_permission_at_the_whole(string name, string value, bool denied)
    {
        var condition = Header(new HeaderCondition { Name = "x-tenant", Exact = "evil" });
        var headers = new RequestHeaders([new(name, value)]);
        Decide([Permission("deny", condition)], DefaultDecision.Allow, new HttpAttributes("GET", "/", headers, new HttpEvaluation()))
            .Allowed.Should().Be(!denied);
        Holds(condition, headers: headers).Should().Be(name is "x-tenant" or "X-TENANT" && value.Trim() == "evil");
    }

    [Theory] // FA-4
    [InlineData("good", true)]
    [InlineData(" good ", true)]
    [InlineData("good,good", false)]
    [InlineData("good,", false)]
    [InlineData("evil", false)]
    [InlineData(null, true)]
    public void FA_4_What_is_denied_unless_it_is_one_value_must_be_that_value(string? value, bool allowed)
    {
        var headers = value is null ? RequestHeaders.None : new RequestHeaders([new("x-tenant", value)]);
        var condition = Header(new HeaderCondition { Name = "x-tenant", Exact = "good", Invert = true });
        Decide([Permission("deny", condition)], DefaultDecision.Allow, new HttpAttributes("GET", "/", headers, new HttpEvaluation()))
            .Allowed.Should().Be(allowed);
    }

    [Fact] // FA-4: who has no such header is denied, and one that only looks like it does not help
    public void FA_4_A_header_that_must_be_there_is_the_very_one()
    {
        var condition = Header(new HeaderCondition { Name = "x-auth", Present = true, Invert = true });
        foreach (var (name, allowed) in new[] { ("x-auth", true), ("X-Auth", true), ("x_auth", false), ("x-other", false) })
        {
            Decide([Permission("deny", condition)], DefaultDecision.Allow, new HttpAttributes("GET", "/", new RequestHeaders([new(name, "1")]), new HttpEvaluation()))
                .Allowed.Should().Be(allowed, name);
        }
    }

    [Fact] // FA-4: as a rule's path, a rule's text means the same in whatever spelling
    public void FA_4_Blanks_around_a_rules_text_are_no_part_of_it()
    {
        var headers = new RequestHeaders([new("x-a", "bc")]);
        Holds(Header(new HeaderCondition { Name = "x-a", Exact = " bc\t" }), headers: headers).Should().BeTrue();
        Holds(Header(new HeaderCondition { Name = "x-a", Prefix = " b" }), headers: headers).Should().BeTrue();
        Holds(Header(new HeaderCondition { Name = "x-a", Suffix = "c " }), headers: headers).Should().BeTrue();
        Holds(Header(new HeaderCondition { Name = "x-a", Prefix = "b " }), headers: headers).Should().BeFalse();
        foreach (var nothing in new[] { new HeaderCondition { Name = "x-a", Exact = " " }, new HeaderCondition { Name = "x-a", Prefix = " " }, new HeaderCondition { Name = "x-a", Suffix = " " } })
        {
            Holds(Header(nothing), headers: headers).Should().BeFalse("it fails closed");
            Decide([Permission("deny", Header(nothing))], DefaultDecision.Allow, Get("/")).Allowed.Should().BeFalse("it fails closed");
        }
    }

    [Fact] // FA-4
    public void FA_4_A_header_of_too_many_parts_is_whatever_a_deny_permission_asks_for()
    {
        foreach (var (commas, allowed) in new[] { (998, true), (999, false) })
        {
            var headers = new RequestHeaders([new("x-a", new string(',', commas))]);
            Decide(
                [Permission("deny", Header(new HeaderCondition { Name = "x-a", Exact = "evil" }))],
                DefaultDecision.Allow,
                new HttpAttributes("GET", "/", headers, new HttpEvaluation())).Allowed.Should().Be(allowed);
        }
    }

    [Theory] // FA-4: there are servers that look at no letter case; L7-4 for what is allowed
    [InlineData("deny", "delete", false)]
    [InlineData("deny", "DELETE", false)]
    [InlineData("deny", "GET", true)]
    [InlineData("allow", "DELETE", true)]
    [InlineData("allow", "delete", false)]
    public void FA_4_A_method_is_denied_in_any_letter_case(string action, string method, bool allowed) =>
        Decide(
            [Permission(action, new HttpCondition { Methods = ["DELETE"] })],
            action == "deny" ? DefaultDecision.Allow : DefaultDecision.Deny,
            new HttpAttributes(method, "/", RequestHeaders.None, new HttpEvaluation())).Allowed.Should().Be(allowed);

    [Theory] // FA-5
    [InlineData("/a;x", true, false, false)]
    [InlineData("/a%3Bx", true, false, false)]
    [InlineData("/a%3bx", true, false, false)]
    [InlineData("/a;x", false, false, false)]
    [InlineData("/a%3bx", false, false, false)]
    [InlineData("/a;x", true, true, true)]
    [InlineData("/a%3bx", false, true, true)]
    [InlineData("/a%253bx", true, false, true)] // decoded once
    [InlineData("/b?;", true, false, true)]
    [InlineData("/a/;/..;/", true, true, false)] // dot segments, whatever the parameters are
    public void FA_5_Path_parameters_are_ambiguous_where_a_path_is_denied(string path, bool normalize, bool keep, bool allowed)
    {
        var request = new HttpAttributes("GET", path, RequestHeaders.None, new HttpEvaluation(normalize, KeepPathParameters: keep));
        var all = Permission("allow", new HttpCondition { PathPrefix = "/" });
        foreach (var http in new[] { new HttpCondition { PathExact = "/a" }, new HttpCondition { PathPrefix = "/a/b" }, new HttpCondition { PathRegex = "/[a]" } })
        {
            Decide([all, Permission("deny", http)], DefaultDecision.Deny, request).Allowed.Should().Be(allowed);
        }

        if (!keep && !allowed)
        {
            Decide([Permission("deny", new HttpCondition { PathExact = "/a" }), all], DefaultDecision.Deny, request).Reason
                .Should().EndWith(", ambiguous path: path parameters");
            var other = Permission("deny", new HttpCondition { Methods = ["DELETE"] });
            Decide([other, all], DefaultDecision.Deny, request).Allowed.Should().BeTrue("no path is denied");
        }
    }

    [Theory] // L7-4: RE2 syntax against the whole text
    [InlineData("/a", "/a", true)]
    [InlineData("/a", "/ab", false)]
    [InlineData("/a|/b", "/b", true)]
    [InlineData("/a|/b", "/bx", false)]
    [InlineData("(?i)/A", "/a", true)]
    [InlineData("/\\d+", "/12", true)]
    [InlineData("/\\d+", "/12x", false)]
    [InlineData("^/a$", "/a", true)]
    [InlineData("/a\\z", "/a", true)]
    [InlineData(".*", "/any/thing", true)]
    public void A_path_expression_matches_the_whole_path(string pattern, string path, bool holds) =>
        Holds(new HttpCondition { PathRegex = pattern }, path: path).Should().Be(holds);

    [Theory] // L7-7: fails closed
    [InlineData("(")]
    [InlineData("/a)|(?:.*")] // closes the group that anchors it
    [InlineData("[")]
    [InlineData("(?=/a)/a")]
    [InlineData("(/a)\\1")]
    [InlineData("(?<!x)/a")]
    [InlineData("\\")]
    [InlineData("a{2000}")]
    public void An_expression_that_does_not_compile_fails_closed(string pattern)
    {
        var match = MatchOf(Permission("allow", new HttpCondition { PathRegex = pattern }));
        match.Decide("web", Get("/a"), DefaultDecision.Deny).Allowed.Should().BeFalse();
        match.Unusable(100).Should().ContainSingle().Which.Permissions.Should().Equal(0);
        Decide([Permission("deny", new HttpCondition { PathRegex = pattern })], DefaultDecision.Allow, Get("/a")).Reason
            .Should().Be(Matched + ", permission 0: DENY");
    }

    [Fact] // L7-7
    public void A_deny_permission_that_does_not_compile_keeps_its_other_conditions()
    {
        var permission = Permission("deny", new HttpCondition
        {
            Methods = ["DELETE"],
            Headers = [new HeaderCondition { Name = "x-a", Regex = "(", Invert = true }],
        });
        Decide([permission], DefaultDecision.Allow, Get("/")).Allowed.Should().BeTrue();
        Decide([permission], DefaultDecision.Allow, new HttpAttributes("DELETE", "/", RequestHeaders.None, new HttpEvaluation()))
            .Allowed.Should().BeFalse();
    }

    [Fact] // L7-7, bounds: what is too long, or too much in one intention, counts as not compiling
    public void Expressions_are_bounded()
    {
        Holds(new HttpCondition { PathRegex = "/" + new string('a', 1000) }, path: "/" + new string('a', 1000)).Should().BeTrue();
        Holds(new HttpCondition { PathRegex = "/" + new string('a', 1024) }, path: "/" + new string('a', 1024)).Should().BeFalse();
        var many = Enumerable.Range(0, 30).Select(_ => Permission("deny", new HttpCondition { PathRegex = "/(?:ab?){500}" })).ToArray();
        var unusable = MatchOf(many).Unusable(100).Should().ContainSingle().Subject.Permissions;
        unusable.Should().NotContain(0).And.Contain(29);
    }

    [Theory] // L7-4: what nobody can have stored still fails closed
    [InlineData("allow", false)]
    [InlineData("deny", false)]
    [InlineData("Allow", false)]
    [InlineData("", false)]
    public void A_permission_without_conditions_allows_nothing(string action, bool allowed)
    {
        foreach (var http in new[] { null, new HttpCondition(), Header(new HeaderCondition { Name = "x" }), Two })
        {
            Decide([Permission(action, http)], DefaultDecision.Deny, Get("/a")).Allowed.Should().Be(allowed);
        }
    }

    [Fact] // L7-9, CE-13
    public void A_permission_that_needs_a_verified_token_allows_nothing_here()
    {
        var jwt = new JwtRequirement([new JwtProvider("okta", null)]);
        var all = new HttpCondition { PathPrefix = "/" };
        Decide([Permission("allow", all) with { Jwt = jwt }], DefaultDecision.Deny, Get("/")).Allowed.Should().BeFalse();
        Decide([Permission("deny", all) with { Jwt = jwt }], DefaultDecision.Allow, Get("/")).Allowed.Should().BeFalse();
        IntentionMatch.ForDestination([Web(Permission("allow", all)) with { Jwt = jwt }])
            .Decide("web", Get("/"), DefaultDecision.Deny).Allowed.Should().BeFalse();
    }

    [Fact] // L7-2
    public void Only_the_first_intention_counts()
    {
        var any = new Intention { SourceName = "*", DestinationName = "api", Action = "allow" };
        var match = IntentionMatch.ForDestination([Web(Permission("allow", new HttpCondition { PathExact = "/a" })), any]);
        match.Decide("web", Get("/b"), DefaultDecision.Deny).Reason.Should().Be(Matched + ", no permission matched, default: DENY");
        match.Decide("api", Get("/b"), DefaultDecision.Deny).Allowed.Should().BeTrue();
    }

    [Fact] // L7-8: answers that do not rest on permissions are those of connections
    public void Layer_4_answers_are_the_same_for_requests()
    {
        var match = IntentionMatch.ForDestination([new Intention { SourceName = "web", DestinationName = "api", Action = "deny" }]);
        foreach (var peer in new[] { "web", "other" })
        {
            match.Decide(peer, Get("//../"), DefaultDecision.Allow).Should().BeSameAs(match.Decide(peer, DefaultDecision.Allow));
        }
    }

    [Fact] // L7-6
    public void An_ambiguous_path_is_denied_before_any_permission_is_asked()
    {
        var all = Permission("allow", new HttpCondition { PathPrefix = "/" });
        var decision = Decide([all], DefaultDecision.Allow, Get("/a/../b"));
        (decision.Allowed, decision.Reason, decision.Ground).Should().Be(
            (false, Matched + ", ambiguous path: dot segment", DecisionGround.AmbiguousPath));
        Decide([all], DefaultDecision.Deny, new HttpAttributes("GET", "/a/../b", RequestHeaders.None, new HttpEvaluation(NormalizePaths: false)))
            .Allowed.Should().BeTrue("the option is off");
    }

    [Theory] // L7-6: a rule means the same in whatever spelling
    [InlineData("/a%7eb", "/a~b", true)]
    [InlineData("/caf\u00e9", "/caf%c3%a9", true)]
    [InlineData("/caf%C3%A9", "/caf%c3%a9", true)]
    [InlineData("/@me", "/%40me", true)]
    [InlineData("/a//b", "/a/b", true)]
    [InlineData("/a b", "/a%20b", true)]
    [InlineData("/a%2Fb", "/a/b", false)]
    [InlineData("/A", "/a", false)]
    public void A_rules_path_is_brought_into_the_same_form(string rule, string path, bool holds) =>
        Holds(new HttpCondition { PathExact = rule }, path: path).Should().Be(holds);

    [Theory] // nobody can say what such a prefix covers
    [InlineData("/a%")]
    [InlineData("/a%4")]
    public void A_prefix_that_ends_within_an_escape_fails_closed(string prefix)
    {
        Holds(new HttpCondition { PathPrefix = prefix }, path: "/a%41").Should().BeFalse();
        Decide([Permission("deny", new HttpCondition { PathPrefix = prefix })], DefaultDecision.Allow, Get("/")).Allowed.Should().BeFalse();
    }

    private static HttpCondition Two => new() { PathExact = "/a", PathPrefix = "/a" };

    private static bool Holds(HttpCondition http, string path = "/", RequestHeaders? headers = null) => Decide(
        [Permission("allow", http)], DefaultDecision.Deny, new HttpAttributes("GET", path, headers ?? RequestHeaders.None, new HttpEvaluation())).Allowed;

    private static IntentionDecision Decide(IReadOnlyList<IntentionPermission> permissions, DefaultDecision fallback, HttpAttributes request) =>
        MatchOf([.. permissions]).Decide("web", request, fallback);

    private static IntentionMatch MatchOf(params IntentionPermission[] permissions) => IntentionMatch.ForDestination([Web(permissions)]);

    private static Intention Web(params IntentionPermission[] permissions) =>
        new() { SourceName = "web", DestinationName = "api", Permissions = permissions };

    private static IntentionPermission Permission(string action, HttpCondition? http) => new() { Action = action, Http = http };

    private static HttpCondition Header(HeaderCondition header) => new() { Headers = [header] };

    private static HttpAttributes Get(string path) => new("GET", path, RequestHeaders.None, new HttpEvaluation());
}
