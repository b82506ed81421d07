using System.Text.RegularExpressions;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.TestKit.Processes;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Intentions;

/// <summary>The engine against a model that follows the words of intentions L7-1, L7-4 and L7-5; but deny permissions look at no letter case of a method (FA-4).</summary>
public sealed class PermissionPropertyTests
{
    private static readonly Gen<HeaderCondition> Headers =
        from name in Gen.Elements("x-a", "X-B", "x-c")
        from kind in Gen.Choose(0, 4)
        from text in Gen.Elements("a", "b", "ab", "a,b")
        from invert in Gen.Elements(true, false)
        let bare = new HeaderCondition { Name = name, Invert = invert }
        select kind switch
        {
            0 => bare with { Present = true },
            1 => bare with { Exact = text },
            2 => bare with { Prefix = text },
            3 => bare with { Suffix = text },
            _ => bare with { Regex = text + "?" },
        };

    private static readonly Gen<IntentionPermission> Permissions =
        from action in Gen.Elements("allow", "deny")
        from kind in Gen.Choose(0, 3)
        from path in Gen.Elements("/a", "/a/b", "/")
        from headers in Headers.ListOf()
        from methods in Gen.SubListOf("GET", "POST")
        select new IntentionPermission
        {
            Action = action,
            Http = new HttpCondition
            {
                PathExact = kind == 1 ? path : null,
                PathPrefix = kind == 2 ? path : null,
                PathRegex = kind == 3 ? path + ".?" : null,
                Headers = headers.Count == 0 ? null : [.. headers.Take(2)],
                Methods = methods.Count == 0 && kind == 0 && headers.Count == 0 ? ["GET"] : [.. methods],
            },
        };

    private static readonly Gen<KeyValuePair<string, string>> Fields =
        from name in Gen.Elements("x-a", "x-A", "x-b", "x-d")
        from value in Gen.Elements(string.Empty, "a", "b", "ab", "ba", "a,b")
        select new KeyValuePair<string, string>(name, value);

    private static readonly Gen<Request> Requests =
        from method in Gen.Elements("GET", "POST", "get")
        from path in Gen.Elements("/", "/a", "/a/b", "/ab", "/A", "/a?x")
        from fields in Fields.ListOf()
        select new Request(method, path, [.. fields]);

    [Fact] // L7-1, L7-4, L7-5
    public void The_first_permission_whose_conditions_all_hold_decides() => Prop.ForAll(
        Permissions.ListOf().Where(list => list.Count > 0).ToArbitrary(),
        Requests.ToArbitrary(),
        (permissions, request) =>
        {
            var position = permissions.ToList().FindIndex(permission => Model(permission, request));
            var decision = Decide([.. permissions], request, DefaultDecision.Deny, each: false);
            return decision.Permission == (position < 0 ? null : position)
                && decision.Allowed == (position >= 0 && permissions[position].Action == "allow");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Soak.Of(500, 3000)));

    [Fact] // L7-5: only the order within one name may count
    public void The_order_of_different_headers_never_counts() => Prop.ForAll(
        Permissions.ListOf().Where(list => list.Count > 0).ToArbitrary(),
        Requests.ToArbitrary(),
        (permissions, request) =>
        {
            var regrouped = request with { Fields = [.. request.Fields.OrderByDescending(field => field.Key.ToUpperInvariant(), StringComparer.Ordinal)] };
            return new[] { true, false }.All(each =>
            {
                var one = Decide([.. permissions], request, DefaultDecision.Deny, each);
                var other = Decide([.. permissions], regrouped, DefaultDecision.Deny, each);
                return (one.Allowed, one.Permission) == (other.Allowed, other.Permission);
            });
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Soak.Of(250, 1000)));

    [Fact] // DEF-8: nor within one name, where values are looked at one by one
    public void A_deny_never_turns_to_allow_by_header_order() => Prop.ForAll(
        Headers.Where(header => header.Exact != "a,b" && header.Prefix != "a,b" && header.Suffix != "a,b" && header.Regex != "a,b?").ListOf()
            .Where(list => list.Count > 0).ToArbitrary(),
        Fields.Where(field => !field.Value.Contains(',', StringComparison.Ordinal)).ListOf().ToArbitrary(),
        Gen.Choose(0, int.MaxValue).ToArbitrary(),
        (headers, fields, seed) =>
        {
            // One condition for each permission: what is denied is then what any one of them denies.
            var permissions = headers.Select(header => new IntentionPermission { Action = "deny", Http = new HttpCondition { Headers = [header] } }).ToArray();
            var request = new Request("GET", "/", [.. fields]);
            var shuffled = request.Fields.ToArray();
            new Random(seed).Shuffle(shuffled);
            return Decide(permissions, request, DefaultDecision.Allow, each: true).Allowed
                == Decide(permissions, request with { Fields = shuffled }, DefaultDecision.Allow, each: true).Allowed;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Soak.Of(500, 3000)));

    [Fact] // DEF-8: the option takes nothing away from a deny
    public void Looking_at_each_value_only_ever_denies_more() => Prop.ForAll(
        Permissions.Where(permission => permission.Action == "deny").ListOf().Where(list => list.Count > 0).ToArbitrary(),
        Requests.ToArbitrary(),
        (permissions, request) => Decide([.. permissions], request, DefaultDecision.Allow, each: false).Allowed
            || !Decide([.. permissions], request, DefaultDecision.Allow, each: true).Allowed)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(Soak.Of(250, 1000)));

    [Fact] // L7-7: a permission that cannot be evaluated never makes a request pass that would not
    public void Breaking_an_expression_never_allows_more() => Prop.ForAll(
        Permissions.ListOf().Where(list => list.Count > 0).ToArbitrary(),
        Requests.ToArbitrary(),
        Gen.Choose(0, 100).ToArbitrary(),
        (permissions, request, at) =>
        {
            var broken = permissions.ToArray();
            at %= broken.Length;
            broken[at] = broken[at] with { Http = broken[at].Http! with { PathExact = null, PathPrefix = null, PathRegex = "(" } };
            return !Decide(broken, request, DefaultDecision.Deny, each: true).Allowed
                || Decide([.. permissions.Where((_, index) => index != at)], request, DefaultDecision.Deny, each: true).Allowed;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Soak.Of(250, 1000)));

    private static IntentionDecision Decide(IntentionPermission[] permissions, Request request, DefaultDecision fallback, bool each) =>
        permissions.Length == 0 ? fallback.Decision
            : IntentionMatch.ForDestination([new Intention { SourceName = "web", DestinationName = "api", Permissions = permissions }]).Decide(
                "web", new HttpAttributes(request.Method, request.Path, new RequestHeaders(request.Fields), new HttpEvaluation(TestEachHeaderValue: each)), fallback);

    private static bool Model(IntentionPermission permission, Request request)
    {
        var http = permission.Http!;
        var methods = permission.Action == "deny" ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        var path = request.Path.Split('?')[0];
        return (http.PathExact is null || path == http.PathExact)
            && (http.PathPrefix is null || path.StartsWith(http.PathPrefix, StringComparison.Ordinal))
            && (http.PathRegex is null || Whole(http.PathRegex, path))
            && (http.Methods is null or { Count: 0 } || http.Methods.Contains(request.Method, methods))
            && (http.Headers ?? []).All(header => Model(header, request));
    }

    private static bool Model(HeaderCondition header, Request request)
    {
        var values = request.Fields.Where(field => field.Key.Equals(header.Name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value).ToList();
        if (values.Count == 0)
        {
            return header is { Present: true, Invert: true };
        }

        var value = string.Join(',', values);
        return header.Invert != (header.Present
            || value == header.Exact
            || (header.Prefix is { } prefix && value.StartsWith(prefix, StringComparison.Ordinal))
            || (header.Suffix is { } suffix && value.EndsWith(suffix, StringComparison.Ordinal))
            || (header.Regex is { } regex && Whole(regex, value)));
    }

    private static bool Whole(string pattern, string text) =>
        Regex.IsMatch(text, $"\\A(?:{pattern})\\z", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));

    private sealed record Request(string Method, string Path, IReadOnlyList<KeyValuePair<string, string>> Fields);
}
