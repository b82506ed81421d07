using System.Globalization;
using System.Text.Json;
using static ConnectAgent.ControlPlane.Acl.Rules.AclRefusal;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>What the claims of a token whose signature is checked must say, and what is taken from them (acl ACL-AM-4, ACL-LOG-2).</summary>
internal static class JwtClaims
{
    private const string Prefix = "error validating claims: ";

    /// <summary>Checks issuer, times and audience.</summary>
    /// <exception cref="Protocol.Errors.ServerException">The first that does not hold.</exception>
    public static void Check(JsonElement claims, JwtSettings settings, DateTimeOffset now)
    {
        Require(
            settings.BoundIssuer.Length == 0 || (Find(claims, "iss") is { ValueKind: JsonValueKind.String } issuer && issuer.GetString() == settings.BoundIssuer),
            Prefix + "square/go-jose/jwt: validation failed, invalid issuer claim (iss)");
        CheckTimes(claims, settings, (now - DateTimeOffset.UnixEpoch).TotalSeconds);
        Require(
            settings.BoundAudiences.Count == 0 || Audiences(claims).Intersect(settings.BoundAudiences, StringComparer.Ordinal).Any(),
            Prefix + "aud claim does not match any bound audience");
    }

    /// <summary>Takes the mapped claims; one that is not there stays empty.</summary>
    /// <exception cref="Protocol.Errors.ServerException">One cannot be turned into text.</exception>
    public static LoginIdentity Map(JsonElement claims, JwtSettings settings)
    {
        var blank = LoginIdentity.Blank(settings, string.Empty);
        Dictionary<string, string> values = new(blank.Values, StringComparer.Ordinal);
        Dictionary<string, IReadOnlyList<string>> lists = new(blank.Lists, StringComparer.Ordinal);
        foreach (var (claim, name) in settings.ClaimMappings)
        {
            if (Find(claims, claim) is { } found)
            {
                values[name] = Text(found, claim);
            }
        }

        foreach (var (claim, name) in settings.ListClaimMappings)
        {
            if (Find(claims, claim) is { } found)
            {
                lists[name] = found.ValueKind == JsonValueKind.Array
                    ? [.. found.EnumerateArray().Select(element => Text(element, claim))]
                    : [Text(found, claim)];
            }
        }

        return new LoginIdentity(values, lists);
    }

    // What a token says is held to the clock skew alone; the two other leeways stand in for what it does not say. One without any time would
    // hold for ever.
    private static void CheckTimes(JsonElement claims, JwtSettings settings, double now)
    {
        var (issued, begins, ends) = (Time(claims, "iat"), Time(claims, "nbf"), Time(claims, "exp"));
        Require((issued ?? begins ?? ends) is not null, Prefix + "no issue time, notBefore, or expiration time encoded in token");
        ends ??= Math.Max(issued ?? double.MinValue, begins ?? double.MinValue) + settings.ExpirationLeeway.TotalSeconds;
        begins ??= issued ?? (ends - settings.NotBeforeLeeway.TotalSeconds);
        var skew = settings.ClockSkewLeeway.TotalSeconds;
        Require(now + skew >= begins, Prefix + "square/go-jose/jwt: validation failed, token not valid yet (nbf)");
        Require(now - skew <= ends, Prefix + "square/go-jose/jwt: validation failed, token is expired (exp)");
        Require(issued is null || now + skew >= issued, Prefix + "square/go-jose/jwt: validation field, token issued in the future (iat)");
    }

    private static double? Time(JsonElement claims, string name) => Find(claims, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        _ => throw Failed($"{Prefix}{name} is not a number of seconds"),
    };

    private static IEnumerable<string> Audiences(JsonElement claims) => Find(claims, "aud") switch
    {
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { ValueKind: JsonValueKind.Array } many => many.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!),
        _ => [],
    };

    // A name that begins with a slash is a path into the claims (RFC 6901). A null counts as absent.
    private static JsonElement? Find(JsonElement claims, string name)
    {
        var found = claims;
        foreach (var step in name.StartsWith('/') ? name[1..].Split('/').Select(Unescape) : [name])
        {
            switch (found.ValueKind)
            {
                case JsonValueKind.Object when found.TryGetProperty(step, out var member):
                    found = member;
                    break;
                case JsonValueKind.Array when int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < found.GetArrayLength():
                    found = found[index];
                    break;
                default:
                    return null;
            }
        }

        return found.ValueKind == JsonValueKind.Null ? null : found;
    }

    private static string Unescape(string step) =>
        step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    private static string Text(JsonElement value, string claim) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw Failed($"error extracting claims: claim '{claim}' is no text, number or truth value"),
    };
}
