using System.Text;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Http.Acl;
using ConnectAgent.Http.Ca;
using ConnectAgent.Http.Chains;
using ConnectAgent.Http.Intentions;
using ConnectAgent.Http.Login;
using ConnectAgent.Http.PreparedQueries;
using ConnectAgent.Http.Revocation;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>JSON bodies of the endpoints that change something (http-conventions BODY-1 to BODY-4).</summary>
/// <remarks>The first line says which body it is.</remarks>
internal sealed class BodyFuzz : FuzzTarget
{
    private static readonly Dictionary<string, Action<ReadOnlyMemory<byte>>> Bodies = new(StringComparer.Ordinal)
    {
        ["token"] = body => RequestBody.DecodeBytes(body, AclBodies.Token),
        ["policy"] = body => RequestBody.DecodeBytes(body, AclBodies.Policy),
        ["role"] = body => RequestBody.DecodeBytes(body, AclBodies.Role),
        ["questions"] = body => RequestBody.DecodeBytes(body, AclBodies.Authorizations),
        ["method"] = body => RequestBody.DecodeBytes(body, AclLoginBodies.AuthMethod),
        ["rule"] = body => RequestBody.DecodeBytes(body, AclLoginBodies.BindingRule),
        ["login"] = body => RequestBody.DecodeBytes(body, AclLoginBodies.Login),
        ["intention"] = body => RequestBody.DecodeBytes(body, IntentionBody.Schema),
        ["revocation"] = body => RequestBody.DecodeBytes(body, RevocationBody.Schema),
        ["sign"] = body => RequestBody.DecodeBytes(body, SignBody.Schema),
        ["ca"] = body => RequestBody.DecodeBytes(body, CaConfigurationBody.Schema),
        ["query"] = body => RequestBody.DecodeBytes(body, PreparedQueryBody.Schema),
        ["overrides"] = body => ChainOverridesBody.Decode(RequestBody.DecodeBytes(body, KeptJson.Document)),
        ["document"] = body => RequestBody.DecodeBytes(body, KeptJson.Document),
    };

    public override string Name => "body";

    public override IReadOnlyList<string> Words =>
    [
        .. Bodies.Keys.Select(name => name + "\n"), "{", "}", "[", "]", ":", ",", "null", "true", "0", "\"\"", "\"ID\":", "\"Name\":\"a\"", "\"Policies\":[", "\"ServiceIdentities\":", "\"Rules\":",
        "\"ExpirationTTL\":\"1h\"", "\"ExpirationTime\":\"2026-01-01T00:00:00Z\"", "\"Config\":{", "\"SourceName\":\"a\"", "\"Permissions\":[", "\"HTTP\":{", "\"Meta\":{", "\"Resource\":\"service\"",
        "\"\\ud800\"", "\"\\u0000\"", "\\", "\u00e9",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(GoJsonException), typeof(ServerException), typeof(WireException)];

    public override long WorkPerByte => 4_096;

    public override bool Run(byte[] input)
    {
        var line = input.AsSpan().IndexOf((byte)'\n');
        if (line < 0 || !Bodies.TryGetValue(Encoding.Latin1.GetString(input.AsSpan(0, line)), out var decode))
        {
            return false;
        }

        decode(input.AsMemory(line + 1));
        return true;
    }
}
