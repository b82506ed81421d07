using System.Net;
using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using ConnectAgent.ControlPlane.PreparedQueries;
using ConnectAgent.Protocol.Services;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Discovery;

/// <summary><c>translate_wan_addrs</c> (services CAT-18, http-conventions HDR-1).</summary>
public sealed class WanAddressesTests : IAsyncLifetime
{
    private const string Header = "X-Consul-Translate-Addresses";

    private const string Node = """{"Node":"n1","Address":"10.0.0.1","TaggedAddresses":{"lan":"10.0.0.1","wan":"1.1.1.1"},"Meta":{"Address":"mine"}}""";

    // What is somebody's own is left as it is, whatever it looks like.
    private const string Service =
        """{"ID":"web-1","Service":"web","Address":"10.0.0.2","TaggedAddresses":{"wan":{"Address":"2.2.2.2","Port":443}},"Port":80"""
        + ""","Proxy":{"Config":{"Node":{"Address":"a","TaggedAddresses":{"wan":"b"}}}}}""";

    private const string Instance = $$$"""{"Node":{{{Node}}},"Service":{{{Service}}},"Checks":[{"Node":"n1","CheckID":"c","Status":"passing"}]}""";

    private const string ServiceNode =
        """{"Node":"n1","Address":"10.0.0.1","TaggedAddresses":{"wan":"1.1.1.1"},"ServiceName":"web","ServicePort":80"""
        + ""","ServiceAddress":"10.0.0.2","ServiceTaggedAddresses":{"wan":{"Address":"2.2.2.2","Port":443}},"ServiceProxy":{"Address":"a","TaggedAddresses":{"wan":"b"}}}""";

    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start(setsNodeApart: true);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("/v1/catalog/nodes", $"[{Node}]")]
    [InlineData("/v1/catalog/node/n1", $$$"""{"Node":{{{Node}}},"Services":{"web-1":{{{Service}}},"Node":{{{Service}}}}}""")]
    [InlineData("/v1/catalog/node/n2", "null")]
    [InlineData("/v1/catalog/node-services/n1", $$$"""{"Node":{{{Node}}},"Services":[{{{Service}}}]}""")]
    [InlineData("/v1/catalog/service/web", $"[{ServiceNode}]")]
    [InlineData("/v1/catalog/connect/web", $"[{ServiceNode}]")]
    [InlineData("/v1/health/service/web", $"[{Instance}]")]
    [InlineData("/v1/health/connect/web", $"[{Instance}]")]
    [InlineData("/v1/health/ingress/web", $"[{Instance}]")]
    [InlineData("/v1/query/q/execute", $$"""{"Service":"web","Nodes":[{{Instance}}],"Datacenter":"dc2"}""")]
    public async Task What_servers_say_of_another_datacenter_is_shown_under_its_wan_addresses(string path, string body)
    {
        await using var agent = await StartAsync(translates: true);
        Serve(path, _ => body);
        var translated = JsonNode.Parse(Translated(body));
        var (status, text, headers) = await agent.SendAsync("GET", path + "?dc=dc2");
        (status, headers[Header], headers["X-Consul-Index"]).Should().Be((200, "true", "7"));
        JsonNode.DeepEquals(JsonNode.Parse(text), translated).Should().BeTrue(text);
        text.Should().Contain("\n", "it is indented as all answers of this agent are");
    }

    [Theory] // CACHE-5: what is cached stays as it came, and of this datacenter it is shown so
    [InlineData("/v1/catalog/service/web", $"[{ServiceNode}]")]
    [InlineData("/v1/health/service/web", $"[{Instance}]")]
    [InlineData("/v1/health/service/web?passing", $"[{Instance}]")]
    [InlineData("/v1/query/q/execute", $$"""{"Service":"web","Nodes":[{{Instance}}],"Datacenter":"DC"}""")]
    public async Task What_is_cached_of_another_datacenter_is_too(string path, string body)
    {
        await using var agent = await StartAsync(translates: true);
        Serve(path, request => body.Replace("DC", request.First("dc"), StringComparison.Ordinal));
        foreach (var (datacenter, isForeign) in new[] { ("dc1", false), ("dc2", true) })
        {
            var expected = body.Replace("DC", datacenter, StringComparison.Ordinal);
            foreach (var cache in new[] { "MISS", "HIT" })
            {
                var (status, text, headers) = await agent.SendAsync("GET", $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}cached&dc={datacenter}");
                (status, headers[Header], headers["X-Cache"]).Should().Be((200, "true", cache));
                JsonNode.DeepEquals(JsonNode.Parse(text), JsonNode.Parse(isForeign ? Translated(expected) : expected)).Should().BeTrue(text);
            }
        }
    }

    [Theory]
    [InlineData("/v1/health/service/web", $"[{Instance}]")] // its own
    [InlineData("/v1/health/service/web?dc=dc1", $"[{Instance}]")]
    [InlineData("/v1/query/q/execute?dc=dc2", $$"""{"Nodes":[{{Instance}}],"Datacenter":"dc1"}""")]
    [InlineData("/v1/health/checks/web?dc=dc2", $"[{Instance}]")] // no addresses there
    [InlineData("/v1/health/service/web?dc=dc2", "no JSON")]
    public async Task All_else_is_passed_on_as_it_is(string path, string body)
    {
        await using var agent = await StartAsync(translates: true);
        Serve(path, _ => body);
        var (status, text, headers) = await agent.SendAsync("GET", path);
        (status, text, headers[Header]).Should().Be((200, body, "true"));
    }

    [Fact] // HDR-1: with every answer, also an error; without the key with none
    public async Task Every_answer_says_so_or_none()
    {
        await using (var agent = await StartAsync(translates: true))
        {
            (await agent.SendAsync("GET", "/v1/agent/service/nope")).Headers.Should().Contain(Header, "true");
            _server.Script(request => request.Path == "/v1/health/service/web" ? ScriptedAnswer.Text(500, "No path to datacenter") : null);
            var (status, text, headers) = await agent.SendAsync("GET", "/v1/health/service/web?dc=dc2");
            (status, text, headers[Header]).Should().Be((500, "No path to datacenter", "true"));
        }

        await using var plain = await StartAsync(translates: false);
        Serve("/v1/health/service/web", static _ => $"[{Instance}]");
        var untranslated = await plain.SendAsync("GET", "/v1/health/service/web?dc=dc2");
        (untranslated.Status, untranslated.Text).Should().Be((200, $"[{Instance}]"));
        untranslated.Headers.Should().NotContainKey(Header);
        JsonNode.DeepEquals(JsonNode.Parse((await plain.SendAsync("GET", "/v1/health/service/web?dc=dc2&cached")).Text), JsonNode.Parse($"[{Instance}]")).Should().BeTrue();
    }

    [Fact] // what has to be read here must not come compressed
    public async Task Servers_are_not_asked_for_a_form_that_could_not_be_read_and_callers_get_the_one_that_they_take()
    {
        await using var agent = await StartAsync(translates: true);
        var many = $"[{string.Join(',', Enumerable.Repeat(Instance, 20))}]";
        Serve("/v1/health/service/web", _ => many);
        using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip }) { BaseAddress = agent.Address };
        JsonNode.DeepEquals(JsonNode.Parse(await http.GetStringAsync(new Uri("/v1/health/service/web?dc=dc2", UriKind.Relative))), JsonNode.Parse(Translated(many))).Should().BeTrue();
        _server.Requests.Single(request => request.Path == "/v1/health/service/web").Headers.Should().NotContainKey("Accept-Encoding");
    }

    [Theory] // with a control plane of its own only what a prepared query finds elsewhere is of another datacenter (PQ-6)
    [InlineData("/v1/query/q/execute")]
    [InlineData("/v1/query/q/execute?cached")]
    public async Task What_a_prepared_query_finds_elsewhere_is_too(string path)
    {
        await using var agent = await InProcessAgent.StartAsync(
            configure: static values => values.Set(HttpKeys.TranslateWanAddresses, true), add: static services => services.AddSingleton<IOtherDatacenters, Elsewhere>());
        (await agent.SendAsync("POST", "/v1/query", """{"Name":"q","Service":{"Service":"web","Failover":{"Datacenters":["dc2"]}}}""")).Status.Should().Be(200);
        var (status, text, headers) = await agent.SendAsync("GET", path);
        (status, headers[Header]).Should().Be((200, "true"), text);
        var found = JsonNode.Parse(text)!;
        ((string)found["Datacenter"]!).Should().Be("dc2");
        ((string)found["Nodes"]![0]!["Node"]!["Address"]!).Should().Be("1.1.1.1");
        ((int)found["Nodes"]![0]!["Service"]!["Port"]!).Should().Be(443, "a port that is not there is put in");
    }

    // What is to be held for the next change is held.
    private void Serve(string path, Func<ScriptedRequest, string> body) => _server.Script(request => request.Path == path.Split('?')[0] && request.Holds
        ? new TaskCompletionSource<ScriptedAnswer?>().Task
        : Task.FromResult(request.Path == path.Split('?')[0] ? ScriptedAnswer.Of(200, body(request), "Content-Type: application/json", "X-Consul-Index: 7") : null));

    private static string Translated(string body) => body.Replace("\"Address\":\"10.0.0.1\"", "\"Address\":\"1.1.1.1\"", StringComparison.Ordinal)
        .Replace("Address\":\"10.0.0.2\"", "Address\":\"2.2.2.2\"", StringComparison.Ordinal).Replace("Port\":80", "Port\":443", StringComparison.Ordinal);

    private Task<InProcessAgent> StartAsync(bool translates) => InProcessAgent.StartAsync(configure: values =>
    {
        InProcessAgent.PutInFrontOf(values, _server.Address);
        values.Set(ConnectKeys.Enabled, null).Set(ConnectKeys.CaConfig, null).Set(HttpKeys.TranslateWanAddresses, translates);
    });

    private sealed class Elsewhere : IOtherDatacenters
    {
        public IReadOnlyList<string> Nearest => ["dc2"];

        public Task<QueryResult> ExecuteAsync(string datacenter, PreparedQuery query, QueryOptions options, CancellationToken cancellationToken)
        {
            var node = new CatalogNode { Name = "n1", Address = "10.0.0.1", Datacenter = datacenter, TaggedAddresses = new Dictionary<string, string> { ["wan"] = "1.1.1.1" } };
            var service = new NodeService
            {
                Id = "web",
                Name = "web",
                TaggedAddresses = new Dictionary<string, ServiceAddress> { ["wan"] = new("2.2.2.2", 443) },
            };
            return Task.FromResult(new QueryResult("web", [new InstanceHealth(node, service, [])], string.Empty, datacenter, Failovers: 0, IsFiltered: false));
        }
    }
}
