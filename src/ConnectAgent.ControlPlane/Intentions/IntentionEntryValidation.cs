using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>Normalisation and checks of an entry (intentions CE-5, CE-10); the first failure is the whole answer.</summary>
internal static class IntentionEntryValidation
{
    private const int LongestDescription = 512;
    private static readonly FrozenSet<string> KnownMethods = FrozenSet.Create(
        StringComparer.Ordinal, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE");

    /// <summary>CE-5: methods in upper case, sources by descending precedence, stable.</summary>
    public static IntentionEntry Normalize(IntentionEntry entry) => entry with
    {
        Sources = [.. entry.Sources
            .Select(source => source with { Permissions = source.Permissions?.Select(Normalize).ToImmutableArray() })
            .OrderByDescending(source => IntentionPrecedence.Of(source.Name, entry.Name))],
    };

    /// <summary>CE-10.</summary>
    /// <exception cref="ServerException">With the exact text; the index in it is the position after the sort.</exception>
    public static void Check(IntentionEntry entry)
    {
        Require(entry.Name.Length > 0, "Name is required");
        Require(HasNoPartialWildcard(entry.Name), "Name: wildcard character '*' cannot be used with partial values");
        Require(!entry.Sources.IsEmpty, "At least one source is required");
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (var i = 0; i < entry.Sources.Length; i++)
        {
            Check(entry, entry.Sources[i], $"Sources[{i}]");
            Require(seen.Add(entry.Sources[i].Name), $"Sources[{i}] defines {GoQuote.Of(entry.Sources[i].Name)} more than once");
        }
    }

    /// <summary>CE-12: permissions need a destination that speaks HTTP.</summary>
    public static void CheckProtocol(IntentionEntry entry, string protocol) => Require(
        entry.Sources.All(source => source.Permissions is not { Count: > 0 }) || protocol is "http" or "http2" or "grpc",
        $"service {GoQuote.Of(entry.Name)} has protocol {GoQuote.Of(protocol)}, which is incompatible with L7 intentions permissions");

    private static IntentionPermission Normalize(IntentionPermission permission) => permission.Http?.Methods is not { } methods
        ? permission
        : permission with
        {
            Http = permission.Http with { Methods = methods.Select(method => method.ToUpperInvariant()).ToImmutableArray() },
        };

    private static void Check(IntentionEntry entry, IntentionSource source, string at)
    {
        var isLayer7 = source.Permissions is { Count: > 0 };
        Require(source.Name.Length > 0, $"{at}.Name is required");
        Require(HasNoPartialWildcard(source.Name), $"{at}.Name: wildcard character '*' cannot be used with partial values");
        Require(
            Encoding.UTF8.GetByteCount(source.Description ?? string.Empty) <= LongestDescription,
            $"{at}.Description exceeds maximum length {LongestDescription}");
        if (isLayer7)
        {
            Require(string.IsNullOrEmpty(source.Action), $"{at}.Action must be omitted if Permissions are specified");
            Require(
                entry.Name != Intention.Wildcard, $"{at}.Permissions cannot be specified on intentions with wildcarded destinations");
        }
        else
        {
            Require(IsAction(source.Action), $"{at}.Action must be set to 'allow' or 'deny'");
        }

        Require(source.Type == "consul", $"{at}.Type must be set to 'consul'");
        for (var j = 0; j < (source.Permissions?.Count ?? 0); j++)
        {
            Check(source.Permissions![j], $"{at}.Permissions[{j}]");
        }
    }

    private static void Check(IntentionPermission permission, string at)
    {
        Require(IsAction(permission.Action), $"{at}.Action must be set to 'allow' or 'deny'");
        Require(permission.Http is not null, $"{at}.HTTP is required");
        var http = permission.Http!;
        at += ".HTTP";
        Require(IsRooted(http.PathExact), $"{at}.PathExact doesn't start with '/': {GoQuote.Of(http.PathExact ?? string.Empty)}");
        Require(IsRooted(http.PathPrefix), $"{at}.PathPrefix doesn't start with '/': {GoQuote.Of(http.PathPrefix ?? string.Empty)}");
        Require(
            Count(IsSet(http.PathExact), IsSet(http.PathPrefix), IsSet(http.PathRegex)) <= 1,
            $"{at} should only contain at most one of PathExact, PathPrefix, or PathRegex");
        var headers = http.Headers ?? [];
        for (var k = 0; k < headers.Count; k++)
        {
            var header = headers[k];
            Require(header.Name.Length > 0, $"{at}.Header[{k}] missing required Name field");
            Require(
                Count(header.Present, IsSet(header.Exact), IsSet(header.Prefix), IsSet(header.Suffix), IsSet(header.Regex)) == 1,
                $"{at}.Header[{k}] should only contain one of Present, Exact, Prefix, Suffix, or Regex");
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var method in http.Methods ?? [])
        {
            Require(KnownMethods.Contains(method), $"{at}.Methods contains an invalid method {GoQuote.Of(method)}");
            Require(seen.Add(method), $"{at}.Methods contains {GoQuote.Of(method)} more than once");
        }

        Require(
            IsSet(http.PathExact) || IsSet(http.PathPrefix) || IsSet(http.PathRegex) || headers.Count > 0 || seen.Count > 0,
            $"{at} should not be empty");
    }

    private static bool HasNoPartialWildcard(string name) =>
        name == Intention.Wildcard || !name.Contains('*', StringComparison.Ordinal);

    private static bool IsAction(string? action) => action is Intention.Allow or Intention.Deny;

    private static bool IsSet(string? text) => !string.IsNullOrEmpty(text);

    private static bool IsRooted(string? path) => !IsSet(path) || path!.StartsWith('/');

    private static int Count(params ReadOnlySpan<bool> facts)
    {
        var count = 0;
        foreach (var fact in facts)
        {
            count += fact ? 1 : 0;
        }

        return count;
    }

    private static void Require(bool holds, string text)
    {
        if (!holds)
        {
            // CE-10, IAPI-2: every write that fails validation is a 500.
            throw new ServerException(FailureKind.Failed, text);
        }
    }
}
