using System.Text.Json.Nodes;
using ConnectAgent.State;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Unserved;

/// <summary>Known paths of the reference that are not served (http-conventions PATH-2, services STA-3), and members.</summary>
public sealed class UnservedEndpointsTests(UnservedEndpointsTests.Shared shared) : IClassFixture<UnservedEndpointsTests.Shared>
{
    [Theory]
    [InlineData("GET", "/v1/kv/a/b")]
    [InlineData("PUT", "/v1/kv/a")]
    [InlineData("DELETE", "/v1/kv/a?recurse")]
    [InlineData("PUT", "/v1/session/create")]
    [InlineData("GET", "/v1/session/info/1")]
    [InlineData("PUT", "/v1/txn")]
    [InlineData("PUT", "/v1/event/fire/deploy")]
    [InlineData("GET", "/v1/operator/autopilot/configuration")]
    [InlineData("PUT", "/v1/operator/keyring")]
    [InlineData("POST", "/v1/peering/token")]
    [InlineData("GET", "/v1/peerings")]
    [InlineData("PUT", "/v1/coordinate/update")]
    public async Task FA_37_A_known_path_that_is_not_served_says_so(string method, string path)
    {
        var (status, text, _) = await shared.Agent.SendAsync(method, path, method == "GET" ? null : "{}");
        status.Should().Be(501);
        text.Should().StartWith("/v1/").And.Contain("is not served: this agent has no ");
        text.Should().EndWith("An agent in front of Consul servers (server = false) forwards it to them.");
    }

    [Theory]
    [InlineData("/v1/session/list", true)]
    [InlineData("/v1/event/list", true)]
    [InlineData("/v1/coordinate/nodes", true)]
    [InlineData("/v1/coordinate/datacenters", false)]
    public async Task FA_37_Lists_of_what_there_is_none_are_empty(string path, bool hasIndex)
    {
        var (status, text, headers) = await shared.Agent.SendAsync("GET", path);
        (status, text.TrimEnd(), headers.ContainsKey("X-Consul-Index")).Should().Be((200, "[]", hasIndex));
    }

    [Fact] // IDX-9, IDX-13: who watches an empty list is held, until the agent stops
    public async Task FA_37_A_watch_of_an_empty_list_waits()
    {
        await using var agent = await InProcessAgent.StartAsync();
        var reader = agent.Services.GetRequiredService<BlockingReader>();
        var before = reader.Parked;
        var watch = agent.SendAsync("GET", "/v1/session/list?index=1&wait=1m");
        while (reader.Parked == before)
        {
            watch.IsCompleted.Should().BeFalse("it is held, not answered at once");
            await Task.Yield();
        }

        reader.Release();
        var (status, _, headers) = await watch;
        (status, headers["X-Consul-Index"]).Should().Be((200, "1"));
    }

    [Theory]
    [InlineData("/v1/nope")]
    [InlineData("/v1/acl/list", 401)]
    public async Task FA_37_Other_paths_stay_as_they_were(string path, int status = 404)
    {
        var answer = await shared.Agent.SendAsync("GET", path);
        answer.Status.Should().Be(status);
        if (status == 404)
        {
            answer.Text.Should().BeEmpty();
        }
    }

    [Fact] // clients: operator raft list-peers
    public async Task FA_37_The_control_plane_is_the_one_voter()
    {
        var raft = await shared.Agent.GetAsync("/v1/operator/raft/configuration");
        var server = raft["Servers"]!.AsArray().Should().ContainSingle().Which!;
        ((bool)server["Leader"]!, (bool)server["Voter"]!, (string)server["ProtocolVersion"]!).Should().Be((true, true, "3"));
        ((string)server["ID"]!).Should().HaveLength(36);
    }

    [Theory] // AG-26
    [InlineData("wan=1&segment=_all", 200)]
    [InlineData("segment=_all", 200)]
    [InlineData("wan=1", 200)]
    [InlineData("wan=1&segment=x", 400)]
    [InlineData("segment=x", 500)]
    public async Task FA_36_All_segments_may_be_asked_of_the_members_of_the_wide_area(string query, int status)
    {
        var answer = await shared.Agent.SendAsync("GET", "/v1/agent/members?" + query);
        answer.Status.Should().Be(status);
        if (status == 200)
        {
            JsonNode.Parse(answer.Text)!.AsArray().Should().ContainSingle();
        }
    }

    public sealed class Shared : IAsyncLifetime
    {
        internal InProcessAgent Agent { get; private set; } = null!;

        public async Task InitializeAsync() => Agent = await InProcessAgent.StartAsync();

        public async Task DisposeAsync() => await Agent.DisposeAsync();
    }
}
