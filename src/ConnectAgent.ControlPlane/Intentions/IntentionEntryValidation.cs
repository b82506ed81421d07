using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>Normalisation and checks of an entry (intentions CE-5, CE-10); the first failure is the whole answer.</summary>
internal static class IntentionEntryValidation
{
    [Limit(DescriptionLimit, "bytes", "refused: 500", Refuses = true)]
    internal const int LongestDescription = 512;

    internal const string DescriptionLimit = "intentions.description";

    /// <summary>CE-5: methods in upper case, sources by descending precedence, stable; what only ID based intentions have goes, but for meta.</summary>
    /// <param name="keepsIds">For writes by ID, which are the only ones that do not convert an entry (CE-7).</param>
    public static IntentionEntry Normalize(IntentionEntry entry, bool keepsIds = false) => entry with
    {
        Sources = [.. entry.Sources
            .Select(source => Normalize(keepsIds ? source : WithoutId(source)))
            .OrderByDescending(source => IntentionPrecedence.Of(source.Name, entry.Name))],
    };

    /// <summary>Checks an entry in the reference's order; the first failure is the whole answer (intentions CE-10).</summary>
    /// <param name="keepsIds">As for <see cref="Normalize(IntentionEntry, bool)"/>; then sources may have meta.</param>
    /// <exception cref="ServerException">With the exact text; the index in it is the position after the sort.</exception>
    public static void Check(IntentionEntry entry, bool keepsIds = false)
    {
        Require(entry.Name.Length > 0, "Name is required");
        Require(HasNoPartialWildcard(entry.Name), "Name: wildcard character '*' cannot be used with partial values");
        Check(entry.Jwt);
        EntryMeta.Check(entry.Meta, FailureKind.Mistake);
        Require(!entry.Sources.IsEmpty, "At least one source is required");
        HashSet<(string?, string)> seen = [];
        for (var i = 0; i < entry.Sources.Length; i++)
        {
            var source = entry.Sources[i];
            Check(entry, source, $"Sources[{i}]", keepsIds);
            if (!seen.Add((source.Peer, source.Name)))
            {
                var peer = source.Peer is null ? string.Empty : $"peer({GoQuote.Of(source.Peer)}) ";
                throw Refused($"Sources[{i}] defines {peer}{GoQuote.Of(source.Name)} more than once");
            }
        }
    }

    /// <summary>What is accepted but will hardly do what its author meant (DEF-4, DEF-14).</summary>
    public static IEnumerable<string> WarningsOf(IntentionEntry entry)
    {
        Dictionary<string, string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (var source in entry.Sources.Where(source => source.Peer is null))
        {
            if (!names.TryAdd(source.Name, source.Name))
            {
                yield return $"the sources {GoQuote.Of(names[source.Name])} and {GoQuote.Of(source.Name)} differ only in case";
            }
        }

        var patterns = entry.Sources.SelectMany(source => source.Permissions ?? []).Select(permission => permission.Http).OfType<HttpCondition>()
            .SelectMany(http => (http.Headers ?? []).Select(header => header.Regex).Prepend(http.PathRegex)).OfType<string>();
        foreach (var pattern in patterns.Distinct(StringComparer.Ordinal))
        {
            if (FilterSyntax.WhyNoPattern(pattern) is { } reason)
            {
                yield return reason;
            }
        }
    }

    /// <summary>CE-12: permissions need a destination that speaks HTTP.</summary>
    public static void CheckProtocol(IntentionEntry entry, string protocol) => Require(
        entry.Sources.All(source => source.Permissions is not { Count: > 0 }) || protocol is "http" or "http2" or "grpc",
        $"service {GoQuote.Of(entry.Name)} has protocol {GoQuote.Of(protocol)}, which is incompatible with L7 intentions permissions");

    private static IntentionSource WithoutId(IntentionSource source) => source.LegacyId is null
        ? source
        : source with { LegacyId = null, LegacyCreateTime = null, LegacyUpdateTime = null };

    private static IntentionSource Normalize(IntentionSource source) => source.Permissions is null
        ? source
        : source with { Permissions = source.Permissions.Select(Normalize).ToImmutableArray() };

    private static IntentionPermission Normalize(IntentionPermission permission) => permission.Http?.Methods is not { } methods
        ? permission
        : permission with
        {
            Http = permission.Http with { Methods = methods.Select(method => method.ToUpperInvariant()).ToImmutableArray() },
        };

    private static void Check(IntentionEntry entry, IntentionSource source, string at, bool keepsIds)
    {
        var isLayer7 = source.Permissions is { Count: > 0 };
        Require(source.Name.Length > 0, $"{at}.Name is required");
        Require(
            source.SamenessGroup is null, $"{at}.SamenessGroup: Sameness groups are a Consul Enterprise feature. ");
        Require(HasNoPartialWildcard(source.Name), $"{at}.Name: wildcard character '*' cannot be used with partial values");
        Require(source.Peer != Intention.Wildcard, $"{at}.Peer: cannot use wildcard '*' in peer");
        if (IsTooLong(source.Description))
        {
            throw new ServerException(FailureKind.Mistake, $"{at}.Description exceeds maximum length {LongestDescription}")
            {
                Limit = DescriptionLimit,
            };
        }

        Require(keepsIds || source.LegacyMeta is null, $"{at}.LegacyMeta must be omitted");
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

    private static void Check(JwtRequirement? requirement) => RequireNone([.. (requirement?.Providers ?? [])
        .Where(provider => provider.Name.Length == 0).Select(_ => "JWT provider name is required")]);

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
            Require(ConfigCheck.KnownMethods.Contains(method), $"{at}.Methods contains an invalid method {GoQuote.Of(method)}");
            Require(seen.Add(method), $"{at}.Methods contains {GoQuote.Of(method)} more than once");
        }

        Require(
            IsSet(http.PathExact) || IsSet(http.PathPrefix) || IsSet(http.PathRegex) || headers.Count > 0 || seen.Count > 0,
            $"{at} should not be empty");
        Check(permission.Jwt);
    }

    internal static bool IsTooLong(string? description) => Encoding.UTF8.GetByteCount(description ?? string.Empty) > LongestDescription;

    internal static bool HasNoPartialWildcard(string name) =>
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

    // An entry may have very many sources: the text is made only when it is needed.
    private static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref RefusalText text)
    {
        if (!holds)
        {
            throw Refused(text.ToString());
        }
    }

    private static void Require(bool holds, string text)
    {
        if (!holds)
        {
            throw Refused(text);
        }
    }

    private static void RequireNone(IReadOnlyList<string> errors)
    {
        if (errors.Count > 0)
        {
            throw Refused(ListError.Of(errors));
        }
    }

    // CE-10, IAPI-2: every write that fails validation is a 500.
    private static ServerException Refused(string text) => new(FailureKind.Mistake, text);

    /// <summary>A text that is put together only for a check that failed.</summary>
    [InterpolatedStringHandler]
    private readonly ref struct RefusalText
    {
        private readonly StringBuilder? _text;

        public RefusalText(int literalLength, int formattedCount, bool holds, out bool isNeeded)
        {
            isNeeded = !holds;
            _text = holds ? null : new StringBuilder(literalLength + (16 * formattedCount));
        }

        public void AppendLiteral(string text) => _text!.Append(text);

        public void AppendFormatted<T>(T value) => _text!.Append(value);

        public override string ToString() => _text!.ToString();
    }
}
