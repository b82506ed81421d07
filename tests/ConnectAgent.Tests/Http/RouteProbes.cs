using System.Security.Cryptography;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.TestKit.Servers;
using Microsoft.AspNetCore.Http;

namespace ConnectAgent.Tests.Http;

/// <summary>A request that fails for nothing but its token.</summary>
/// <param name="Path">With <c>{id}</c> for the intention that the test keeps.</param>
/// <param name="Name">What the declared right has to be on.</param>
/// <param name="Resource">The right that is meant where the declaration leaves it open.</param>
/// <param name="Besides">The rules of the other rights that the declaration tells of in words.</param>
internal sealed record RouteProbe(string Path, string? Body = null, string Name = "", AclResource? Resource = null, string Besides = "");

/// <summary>One or more requests for each route: what comes before the token's check must be in order, so that the check answers.</summary>
internal static class RouteProbes
{
    private const string Anonymous = "00000000-0000-0000-0000-000000000002";
    private const string GlobalManagement = "00000000-0000-0000-0000-000000000001";
    private const string Nobody = "99999999-8888-7777-6666-555555555555";
    private const string ReadNode = """node "node1" { policy = "read" }""";
    private const string Question = $$"""{"Target":"db","ClientCertURI":"spiffe://{{InProcessAgent.TrustDomain}}/ns/default/dc/dc1/svc/web"}""";

    private const string Request =
        $$"""{"Target":"db","Method":"GET","Path":"/","ClientCertURI":"spiffe://{{InProcessAgent.TrustDomain}}/ns/default/dc/dc1/svc/web"}""";

    private static readonly Dictionary<string, RouteProbe[]> Known = new(StringComparer.Ordinal)
    {
        ["GET /v1/agent/connect/ca/leaf/"] = [new("/v1/agent/connect/ca/leaf/web", Name: "web")],
        ["PUT /v1/agent/connect/ca/leaf/*/renew"] = [new("/v1/agent/connect/ca/leaf/web/renew", Name: "web")],
        ["POST /v1/agent/connect/authorize"] = [new("/v1/agent/connect/authorize", Question, "db")],
        ["POST /v1/agent/connect/authorize/http"] = [new("/v1/agent/connect/authorize/http", Request, "db")],
        ["DELETE /v1/agent/connect/cache/"] = [new("/v1/agent/connect/cache/1", Name: "node1")],
        ["PUT /v1/agent/token/"] = [new("/v1/agent/token/default", """{"Token":""}""", "node1")],
        ["GET /v1/connect/intentions/match"] = [new("/v1/connect/intentions/match?by=destination&name=db", Name: "db")],
        ["GET /v1/connect/intentions/check"] = [new("/v1/connect/intentions/check?source=web&destination=db", Name: "db")],
        ["GET /v1/connect/intentions/exact"] = [new("/v1/connect/intentions/exact?source=web&destination=db", Name: "db")],
        ["PUT /v1/connect/intentions/exact"] =
            [new("/v1/connect/intentions/exact?source=web&destination=db", """{"Action":"allow"}""", "db")],
        ["DELETE /v1/connect/intentions/exact"] = [new("/v1/connect/intentions/exact?source=web&destination=db", Name: "db")],
        ["GET /v1/connect/intentions"] = [new("/v1/connect/intentions", Name: "db")],
        ["POST /v1/connect/intentions"] =
            [new("/v1/connect/intentions", """{"SourceName":"api","DestinationName":"db","Action":"allow"}""", "db")],
        ["GET /v1/connect/intentions/"] = [new("/v1/connect/intentions/{id}", Name: "db")],
        ["PUT /v1/connect/intentions/"] =
            [new("/v1/connect/intentions/{id}", """{"SourceName":"web","DestinationName":"db","Action":"deny"}""", "db")],
        ["DELETE /v1/connect/intentions/"] = [new("/v1/connect/intentions/{id}", Name: "db")],
        ["PUT /v1/config"] =
        [
            new("/v1/config", """{"Kind":"service-defaults","Name":"web","Protocol":"http"}""", "web", AclResource.Service),
            new("/v1/config", """{"Kind":"proxy-defaults","Name":"global"}""", string.Empty, AclResource.Operator),
            new("/v1/config", """{"Kind":"service-intentions","Name":"db","Sources":[{"Name":"web","Action":"deny"}]}""", "db", AclResource.Intention),
        ],
        ["GET /v1/config/"] =
        [
            new("/v1/config/service-defaults/web", Name: "web", Resource: AclResource.Service),
            new("/v1/config/service-intentions/db", Name: "db", Resource: AclResource.Intention),
        ],
        ["DELETE /v1/config/"] =
        [
            new("/v1/config/service-defaults/web", Name: "web", Resource: AclResource.Service),
            new("/v1/config/service-intentions/db", Name: "db", Resource: AclResource.Intention),
        ],
        ["PUT /v1/connect/ca/sign"] = [new("/v1/connect/ca/sign", SignBody(), "web")],
        ["PUT /v1/connect/ca/configuration"] = [new("/v1/connect/ca/configuration", """{"Provider":"consul","Config":{}}""")],
        ["PUT /v1/connect/ca/revoke"] = [new("/v1/connect/ca/revoke", """{"SerialNumber":"0102"}""")],
        ["DELETE /v1/connect/ca/revoke"] = [new("/v1/connect/ca/revoke?serial=0102")],
        ["GET /v1/acl/token/"] = [new("/v1/acl/token/" + Anonymous)],
        ["PUT /v1/acl/token/"] =
        [
            new("/v1/acl/token/", "{}"),
            new("/v1/acl/token/" + Anonymous, "{}"),
            new($"/v1/acl/token/{Anonymous}/clone", "{}"),
        ],
        ["DELETE /v1/acl/token/"] = [new("/v1/acl/token/" + Nobody)],
        ["PUT /v1/acl/policy"] = [new("/v1/acl/policy", """{"Name":"probe"}""")],
        ["GET /v1/acl/policy/"] = [new("/v1/acl/policy/" + GlobalManagement)],
        ["GET /v1/acl/policy/name/"] = [new("/v1/acl/policy/name/global-management")],
        ["PUT /v1/acl/policy/"] = [new("/v1/acl/policy/" + Nobody, """{"Name":"probe"}""")],
        ["DELETE /v1/acl/policy/"] = [new("/v1/acl/policy/" + Nobody)],
        ["GET /v1/acl/role/"] = [new("/v1/acl/role/" + Nobody)],
        ["GET /v1/acl/role/name/"] = [new("/v1/acl/role/name/nobody")],
        ["PUT /v1/acl/role/"] = [new("/v1/acl/role/" + Nobody, """{"Name":"probe"}""")],
        ["DELETE /v1/acl/role/"] = [new("/v1/acl/role/" + Nobody)],
        ["GET /v1/acl/rules/translate/"] = [new("/v1/acl/rules/translate/" + Anonymous)],
        ["POST /v1/internal/acl/authorize"] = [new("/v1/internal/acl/authorize", "[]")],
        ["GET /v1/query"] = [new("/v1/query", Name: "probe")],
        ["POST /v1/query"] = [new("/v1/query", """{"Name":"probe-two","Service":{"Service":"web"}}""", "probe-two")],
        ["GET /v1/query/"] = [new("/v1/query/{query}", Name: "probe")],
        ["PUT /v1/query/"] = [new("/v1/query/{query}", """{"Name":"probe","Service":{"Service":"web"}}""", "probe")],
        ["DELETE /v1/query/"] = [new("/v1/query/{query}", Name: "probe")],
        ["GET /v1/query/*/explain"] = [new("/v1/query/probe/explain", Name: "probe")],
        ["GET /v1/query/*/execute"] = [new("/v1/query/probe/execute", Name: "web", Besides: ReadNode)],
        ["GET /v1/discovery-chain/"] = [new("/v1/discovery-chain/web", Name: "web")],
        ["POST /v1/discovery-chain/"] = [new("/v1/discovery-chain/web", "{}", "web")],
        ["GET /v1/agent/services"] = [new("/v1/agent/services", Name: "web")],
        ["GET /v1/agent/service/"] = [new("/v1/agent/service/web", Name: "web")],
        ["PUT /v1/agent/service/register"] = [new("/v1/agent/service/register", """{"Name":"web"}""", "web")],
        ["PUT /v1/agent/service/deregister/"] = [new("/v1/agent/service/deregister/web", Name: "web")],
        ["PUT /v1/agent/service/maintenance/"] = [new("/v1/agent/service/maintenance/web?enable=false", Name: "web")],
        ["PUT /v1/agent/maintenance"] = [new("/v1/agent/maintenance?enable=false", Name: "node1")],
        ["GET /v1/agent/health/service/id/"] = [new("/v1/agent/health/service/id/web", Name: "web")],
        ["GET /v1/agent/health/service/name/"] = [new("/v1/agent/health/service/name/web", Name: "web")],
        ["GET /v1/agent/checks"] = [new("/v1/agent/checks", Name: "web")],
        ["PUT /v1/agent/check/register"] = [new("/v1/agent/check/register", """{"Name":"c","ServiceID":"web","TTL":"10s"}""", "web")],
        ["PUT /v1/agent/check/deregister/"] = [new("/v1/agent/check/deregister/service:web", Name: "web")],
        ["PUT /v1/agent/check/pass/"] = [new("/v1/agent/check/pass/service:web", Name: "web")],
        ["PUT /v1/agent/check/warn/"] = [new("/v1/agent/check/warn/service:web", Name: "web")],
        ["PUT /v1/agent/check/fail/"] = [new("/v1/agent/check/fail/service:web", Name: "web")],
        ["PUT /v1/agent/check/update/"] = [new("/v1/agent/check/update/service:web", """{"Status":"passing"}""", "web")],
        ["GET /v1/catalog/nodes"] = [new("/v1/catalog/nodes", Name: "node1")],
        ["GET /v1/catalog/services"] = [new("/v1/catalog/services", Name: "web")],
        ["GET /v1/catalog/service/"] = [new("/v1/catalog/service/web", Name: "web", Besides: ReadNode)],
        ["GET /v1/catalog/connect/"] = [new("/v1/catalog/connect/web", Name: "web", Besides: ReadNode)],
        ["GET /v1/catalog/node/"] = [new("/v1/catalog/node/node1", Name: "node1")],
        ["GET /v1/catalog/node-services/"] = [new("/v1/catalog/node-services/node1", Name: "node1")],
        ["GET /v1/catalog/gateway-services/"] = [new("/v1/catalog/gateway-services/web", Name: "web")],
        ["PUT /v1/catalog/register"] =
        [
            new("/v1/catalog/register", """{"Node":"node1","SkipNodeUpdate":true,"Service":{"Service":"web","ID":"other"}}""", "web"),
            new("/v1/catalog/register", """{"Node":"ext","Address":"10.0.0.1","Service":{"Service":"web"}}""", "web", Besides: """node "ext" { policy = "write" }"""),
        ],
        ["PUT /v1/catalog/deregister"] = [new("/v1/catalog/deregister", """{"Node":"ext"}""", "ext")],
        ["GET /v1/health/service/"] = [new("/v1/health/service/web", Name: "web", Besides: ReadNode)],
        ["GET /v1/health/connect/"] = [new("/v1/health/connect/web", Name: "web", Besides: ReadNode)],
        ["GET /v1/health/ingress/"] = [new("/v1/health/ingress/web", Name: "web", Besides: ReadNode)],
        ["GET /v1/health/node/"] = [new("/v1/health/node/node1", Name: "node1")],
        ["GET /v1/health/checks/"] = [new("/v1/health/checks/web", Name: "node1", Besides: """service "web" { policy = "read" }""")],
        ["GET /v1/health/state/"] = [new("/v1/health/state/any", Name: "node1")],
        ["GET /v1/agent/monitor"] = [new("/v1/agent/monitor?loglevel=bogus", Name: "node1")], // one that is followed does not end
        ["GET /v1/agent/metrics/stream"] = [new("/v1/agent/metrics/stream?format=prometheus", Name: "node1")], // nor does this
        ["PUT /v1/agent/force-leave/"] = [new("/v1/agent/force-leave/nope")],
        ["GET /v1/agent/members"] = [new("/v1/agent/members", Name: "node1")],
    };

    /// <summary>All methods of all routes, each with its requests; those on this node carry its name.</summary>
    public static IEnumerable<(WireMethod Method, RouteProbe Probe)> Of(IEnumerable<WireRoute> routes) =>
        from route in routes.OrderBy(static route => route.Path == "/v1/agent/leave") // the last: the agent ends
        from method in route.Methods
        from probe in Known.GetValueOrDefault($"{method.Method} {PathOf(route)}") ?? [Plain(route, method)]
        select (method, probe);

    /// <summary>The routes that have requests of their own, each with its method.</summary>
    public static IReadOnlyCollection<string> Rows => Known.Keys;

    /// <summary>As it was mapped.</summary>
    public static string PathOf(WireRoute route) => route.Suffix.Length == 0 ? route.Path : route.Path + "*" + route.Suffix;

    private static RouteProbe Plain(WireRoute route, WireMethod method) => new(
        route.TakesAllBelow ? route.Path + "x" : route.Path,
        method.Method == HttpMethods.Get || method.Method == HttpMethods.Delete ? null : "{}",
        "node1");

    private static string SignBody()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = CertificateRequests.For(new ServiceId(InProcessAgent.TrustDomain, "dc1", "web"), key);
        return System.Text.Json.JsonSerializer.Serialize(new { Service = "web", CSR = PemEncoding.WriteString("CERTIFICATE REQUEST", request) });
    }
}
