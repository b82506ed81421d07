using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Tokens;

namespace ConnectAgent.TestKit.Recordings;

/// <summary>
/// The bearer tokens of a recording expired an hour after it, and nobody has the key that signed them. A replay gives its method another
/// key, and sends the same claims signed with that, with their times as far from now as they were from the recording's own time.
/// </summary>
internal sealed class RecordedBearers
{
    private static readonly RSA Key = RSA.Create(2048);
    private static readonly string[] Times = ["iat", "nbf", "exp"];

    private readonly long _shift;

    public RecordedBearers(Recording recording, DateTimeOffset now)
    {
        // The first token that the recording made tells when it ran.
        var made = recording.Steps.Select(step => (string?)(step.Answered as JsonObject)?["CreateTime"]).FirstOrDefault(time => time is not null);
        _shift = made is null ? 0 : (long)(now - DateTimeOffset.Parse(made, CultureInfo.InvariantCulture)).TotalSeconds;
    }

    /// <summary>A body as it is to be sent.</summary>
    public JsonNode? Renew(JsonNode? body)
    {
        var renewed = body?.DeepClone();
        if (renewed is not JsonObject map)
        {
            return renewed;
        }

        if (map["Config"]?["JWTValidationPubKeys"] is JsonArray keys)
        {
            keys.Clear();
            keys.Add(Key.ExportSubjectPublicKeyInfoPem() + "\n");
        }

        if ((string?)map["BearerToken"] is { } bearer && bearer.Split('.') is [var header, var payload, _])
        {
            map["BearerToken"] = Renew(header, payload);
        }

        return renewed;
    }

    private string Renew(string header, string payload)
    {
        var claims = Decode(payload);
        foreach (var name in Times)
        {
            claims[name] = (long)claims[name]! + _shift;
        }

        return BearerTokens.Sign(Key, claims, (string)Decode(header)["alg"]!);
    }

    private static JsonObject Decode(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject();
}
