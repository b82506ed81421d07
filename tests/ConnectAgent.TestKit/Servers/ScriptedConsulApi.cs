using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Agent.CentralConfig;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.TestKit.Servers;

/// <summary>The paths of Consul's HTTP API that <see cref="ScriptedConsulServer"/> serves, over what a <see cref="ScriptedServerClient"/> holds.</summary>
/// <param name="content">What it serves.</param>
public sealed class ScriptedConsulApi(ScriptedServerClient content)
{
    private const string LeafPath = "/v1/agent/connect/ca/leaf/";

    private static readonly JsonSerializerOptions Json = new()
    {
        Converters = { new Rfc3339Converter() },
        Encoder = GoJsonEncoder.Instance,
    };

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ScriptedLeaf> _leaves = new(StringComparer.Ordinal);
    private TaskCompletionSource _renewed = NewSignal();

    /// <summary>What it serves.</summary>
    public ScriptedServerClient Content => content;

    /// <summary>Whether it signs; a server of the reference's does not, and makes leaves itself.</summary>
    public bool Signs { get; set; } = true;

    /// <summary>What it makes of the leaf of its own before it is answered, for a server that answers another's.</summary>
    public Func<JsonObject, JsonObject> Leaf { get; set; } = static leaf => leaf;

    /// <summary>What the server says when asked who leads; empty for nobody.</summary>
    public string Leader { get; set; } = "127.0.0.1:8300";

    /// <summary>Makes a new leaf in the place of the one of a service.</summary>
    public async Task RenewLeafAsync(string service)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var identity = new ServiceId(ScriptedServerClient.TrustDomainName, ScriptedServerClient.Datacenter, service);
        var signed = await content.SignLeafAsync(identity, CertificateRequests.For(identity, key), string.Empty, CancellationToken.None);
        TaskCompletionSource renewed;
        lock (_gate)
        {
            _leaves[service] = new ScriptedLeaf(signed.CertificatePem, key.ExportECPrivateKeyPem(), signed.Index);
            (renewed, _renewed) = (_renewed, NewSignal());
        }

        renewed.TrySetResult();
    }

    /// <summary>Answers a request, and holds it as long as the reference would.</summary>
    public async Task<ScriptedAnswer> AnswerAsync(ScriptedRequest request, CancellationToken cancellationToken)
    {
        try
        {
            switch (request.Path)
            {
                case "/v1/status/leader":
                    return ScriptedAnswer.Ok(JsonSerializer.Serialize(Leader), index: null);
                case "/v1/connect/ca/roots":
                    var roots = await content.ReadRootsAsync(request.Query(), cancellationToken);
                    return ScriptedAnswer.Ok(JsonSerializer.Serialize(roots.Value, Json), roots.Index);
                case "/v1/connect/ca/revoked":
                    var revoked = await content.ReadRevokedAsync(request.Query(), cancellationToken);
                    return ScriptedAnswer.Ok(JsonSerializer.Serialize(revoked.Value, Json), revoked.Index);
                case "/v1/connect/intentions/match":
                    var names = request.All("name");
                    var matches = await content.MatchIntentionsAsync(
                        new MatchNames(request.First("by") == "destination", names), request.Query(), cancellationToken);
                    var reply = new Dictionary<string, IReadOnlyList<Intention>?>(StringComparer.Ordinal);
                    foreach (var (name, match) in names.Zip(matches.Value))
                    {
                        reply[name] = match.Intentions.Count == 0 ? null : match.Intentions;
                    }

                    return ScriptedAnswer.Ok(JsonSerializer.Serialize(reply, Json), matches.Index);
                case "/v1/catalog/register" or "/v1/catalog/deregister" when request.Method == "PUT":
                    return await CatalogAnswers.WriteAsync(content, request, cancellationToken);
                case var path when path.StartsWith("/v1/config/", StringComparison.Ordinal):
                    var entries = await content.ReadConfigEntriesAsync(
                        new ConfigEntriesRequest(request.First("dc"), request.Token, path["/v1/config/".Length..]), request.Query(), cancellationToken);
                    return ScriptedAnswer.Ok(Encoding.UTF8.GetString(entries.Value.Json.Span), entries.Index);
                case var path when path.StartsWith("/v1/catalog/node/", StringComparison.Ordinal):
                    return await CatalogAnswers.NodeAsync(content, path["/v1/catalog/node/".Length..], request, cancellationToken);
                case var path when path.StartsWith("/v1/health/node/", StringComparison.Ordinal):
                    return await CatalogAnswers.ChecksAsync(content, path["/v1/health/node/".Length..], request, cancellationToken);
                case var path when path.StartsWith("/v1/health/", StringComparison.Ordinal):
                    return await HealthAsync(path["/v1/health/".Length..].Split('/'), request, cancellationToken);
                case "/v1/acl/token/self":
                    await content.ResolveTokenAsync(request.Token, cancellationToken);
                    return ScriptedAnswer.Ok("""{"AccessorID":"an accessor"}""", index: null);
                case "/v1/internal/acl/authorize":
                    return ScriptedAnswer.Ok(Allowed(request, await content.ResolveTokenAsync(request.Token, cancellationToken)), index: null);
                case var path when !Signs && path.StartsWith(LeafPath, StringComparison.Ordinal):
                    return await LeafAsync(path[LeafPath.Length..], request, cancellationToken);
                case "/v1/connect/ca/sign" when request.Method == "PUT" && Signs:
                    var body = JsonNode.Parse(request.Body)!;
                    var identity = new ServiceId(ScriptedServerClient.TrustDomainName, request.First("dc"), (string)body["Service"]!);
                    var pem = (string)body["CSR"]!;
                    var signed = await content.SignLeafAsync(
                        identity, Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]), request.Token, cancellationToken);
                    return ScriptedAnswer.Ok(
                        new JsonObject { ["CertPEM"] = signed.CertificatePem, ["ModifyIndex"] = signed.Index }.ToJsonString(), index: null);
                default:
                    return ScriptedAnswer.Text(404, string.Empty);
            }
        }
        catch (ServerException error)
        {
            var status = error.Kind switch
            {
                FailureKind.UnknownToken or FailureKind.PermissionDenied => 403,
                FailureKind.RateLimited => 429,
                FailureKind.Invalid => 400,
                _ => 500,
            };
            return ScriptedAnswer.Text(status, error.Message);
        }
    }

    private async Task<ScriptedAnswer> HealthAsync(string[] path, ScriptedRequest request, CancellationToken cancellationToken)
    {
        if (path is not ["connect" or "service", var service])
        {
            return ScriptedAnswer.Text(404, string.Empty);
        }

        var question = new InstancesQuery(
            path[0] == "connect", Uri.UnescapeDataString(service), request.All("tag"), request.All("node-meta"), request.First("filter"));
        var read = await content.ReadHealthAsync(question, request.Query(), cancellationToken);
        return ScriptedAnswer.Of(
            200,
            Encoding.UTF8.GetString(read.Value.Json.Span),
            $"X-Consul-Index: {read.Index}",
            read.Value.IsFiltered ? "X-Consul-Results-Filtered-By-Acls: true" : null);
    }

    // acl ACL-AUZ-1.
    private static string Allowed(ScriptedRequest request, TokenRights rights)
    {
        var questions = JsonNode.Parse(request.Body)!.AsArray();
        foreach (var question in questions)
        {
            question!["Allow"] = rights.Allows(
                Enum.Parse<AclResource>((string)question["Resource"]!, ignoreCase: true),
                (string?)question["Segment"] ?? string.Empty,
                Enum.Parse<AclAccess>((string)question["Access"]!, ignoreCase: true));
        }

        return questions.ToJsonString();
    }

    // As an agent of the reference's does: made at the first read, and held until there is another.
    private async Task<ScriptedAnswer> LeafAsync(string service, ScriptedRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            ScriptedLeaf? leaf;
            Task renewed;
            lock (_gate)
            {
                (leaf, renewed) = (_leaves.GetValueOrDefault(service), _renewed.Task);
            }

            if (leaf is null)
            {
                await RenewLeafAsync(service);
            }
            else if (request.Holds && request.Query().Blocking.Index >= leaf.Index)
            {
                await renewed.WaitAsync(cancellationToken);
            }
            else
            {
                var json = Leaf(new JsonObject { ["CertPEM"] = leaf.CertificatePem, ["PrivateKeyPEM"] = leaf.PrivateKeyPem, ["Service"] = service });
                return ScriptedAnswer.Ok(json.ToJsonString(), leaf.Index);
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A leaf that the server made itself.</summary>
    private sealed record ScriptedLeaf(string CertificatePem, string PrivateKeyPem, ulong Index);
}
