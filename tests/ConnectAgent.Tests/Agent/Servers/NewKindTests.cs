using System.Text.Json;
using ConnectAgent.Agent;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.Embedded;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers;

/// <summary>What a new cached read takes: one class and one registration, and nothing of the engine, of the seam or of its back ends (docs/architecture.md).</summary>
public sealed class NewKindTests
{
    [Fact]
    public async Task A_new_kind_is_read_over_a_socket_through_the_cache_and_follows_changes()
    {
        // Given
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = ScriptedConsulServer.Start();
        server.Script(async request =>
        {
            if (request.Path != "/v1/greeting/web" || request.First("index") == "8")
            {
                return request.Path == "/v1/greeting/web" ? await new TaskCompletionSource<ScriptedAnswer?>().Task : null;
            }

            if (request.Holds)
            {
                await changed.Task;
                return ScriptedAnswer.Ok("\"good night\"", 8);
            }

            return ScriptedAnswer.Ok("\"good morning\"", 7);
        });
        await using var agent = Agent(services => services.AddConsulServers(new ConsulServerOptions { Servers = [server.Address] }));

        // When, Then
        (await ReadAsync(agent)).Should().Be(("good morning", 7UL, false));
        (await ReadAsync(agent)).Should().Be(("good morning", 7UL, true));
        var blocked = ReadAsync(agent, 7);
        changed.SetResult();
        (await blocked.WaitAsync(AgentFixture.Patience)).Should().Be(("good night", 8UL, false));
        server.Requests.First(request => request.Path == "/v1/greeting/web").Should().Match<ScriptedRequest>(asked => asked.First("dc") == "dc1" && asked.Token == "t");
    }

    [Fact]
    public async Task A_new_kind_is_read_embedded_through_the_cache()
    {
        await using var agent = Agent(services =>
        {
            services.AddControlPlane(new AuthorityOptions(), BlockingLimits.Standard, new AclOptions());
            services.AddEmbeddedServers();
        });
        (await ReadAsync(agent)).Should().Be(("web, from here", 1UL, false));
        (await ReadAsync(agent)).Should().Be(("web, from here", 1UL, true));
    }

    // The one registration.
    private static ServiceProvider Agent(Action<IServiceCollection> servers)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        servers(services);
        services.AddConnectAgent().AddCacheKind<GreetingKind>();
        return services.BuildServiceProvider();
    }

    private static async Task<(string Value, ulong Index, bool Hit)> ReadAsync(ServiceProvider agent, ulong index = 0)
    {
        var answer = await agent.GetRequiredService<AgentCache>().GetAsync(
            agent.GetRequiredService<GreetingKind>(), new GreetingRequest("dc1", "t", "web"), new CacheRead(new BlockingQuery(index)), CancellationToken.None);
        return (answer.Value, answer.Index, answer.Hit);
    }

    private sealed record GreetingRequest(string Datacenter, string Token, string Service) : CacheRequest(Datacenter, Token)
    {
        public override string Key => Service;
    }

    // The one class.
    private sealed class GreetingKind(IServerClient servers)
        : ServerCacheKind<GreetingRequest, string>(servers), IEmbeddedRead<GreetingRequest, string>
    {
        public override string Name => "greeting";

        public override long SizeOf(string value) => value.Length;

        public override string TargetOf(GreetingRequest request) => $"/v1/greeting/{request.Service}?";

        public override string Decode(GreetingRequest request, ConsulAnswer answer) => JsonSerializer.Deserialize<string>(answer.Body.Span)!;

        public async Task<ServerRead<string>> ReadAsync(GreetingRequest request, ServerQuery query, CancellationToken cancellationToken)
        {
            await Task.Delay(query.Blocking.Blocks ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, cancellationToken);
            return new ServerRead<string>(request.Service + ", from here", 1);
        }
    }
}
