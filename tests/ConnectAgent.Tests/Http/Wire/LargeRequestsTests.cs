using System.IO.Pipelines;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Tests.Limits;
using FluentAssertions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>FA-1: a request may take megabytes for as long as it lasts, so few of those last at once; all others need no place.</summary>
public sealed class LargeRequestsTests
{
    private const string LimitName = "http.large_requests";
    private static readonly string Large = new('x', LargeRequests.From);

    [Fact] // held reads last for minutes, with all of their headers
    public async Task FA_1_Large_requests_have_few_places()
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync();
        var (_, _, headers) = await agent.SendAsync("GET", "/v1/agent/connect/ca/roots");
        List<RawHttp> callers = [];
        for (var i = 0; i <= LargeRequests.Most; i++)
        {
            callers.Add(await RawHttp.ConnectAsync(agent.Address));
        }

        // When
        var answers = callers.ConvertAll(async caller =>
        {
            await caller.SendAsync($"GET /v1/agent/connect/ca/roots?index={headers["X-Consul-Index"]}&wait=10m HTTP/1.1\r\nHost: localhost\r\nX-Odd: {Large}\r\n\r\n");
            return RawHttp.Split(await caller.ReadAsync());
        });
        var refused = await await Task.WhenAny(answers);

        // Then
        refused.Should().Be((429, "Too many requests of more than 65536 bytes at once, please rate limit your calls"));
        RefusalCounts.Of(agent.Services, LimitName).Should().Be(1);
        agent.Services.GetRequiredService<LargeRequests>().Held.Should().Be(LargeRequests.Most);
        (await agent.SendAsync("GET", "/v1/agent/connect/ca/leaf/web")).Status.Should().Be(200, "what is not large needs no place");
        callers.ForEach(static caller => caller.Dispose());
        while ((await agent.SendAsync("GET", "/v1/agent/connect/ca/roots", token: Large)).Status == 429)
        {
            // Those who have left are noticed one by one.
        }
    }

    [Fact]
    public async Task FA_1_A_large_body_needs_a_place_while_it_comes_in()
    {
        // Given
        var places = new LargeRequests();
        var pipes = Enumerable.Range(0, LargeRequests.Most + 2).Select(static _ => new Pipe(new PipeOptions(pauseWriterThreshold: 0))).ToList();
        var requests = pipes.ConvertAll(static pipe => RequestOf(pipe));
        requests.ForEach(request => places.Enter(request.Context, "/"));
        var bodies = new List<Task<string>>();

        // When
        foreach (var (pipe, request) in pipes.Zip(requests))
        {
            bodies.Add(RequestBody.ReadTextAsync(request));
            await pipe.Writer.WriteAsync(new byte[LargeRequests.From].AsMemory());
        }

        places.Held.Should().Be(0, "none of them is large yet");
        foreach (var pipe in pipes.Take(LargeRequests.Most + 1))
        {
            await pipe.Writer.WriteAsync(new byte[1].AsMemory());
        }

        var refused = await Task.WhenAny(bodies);

        // Then
        var error = (await FluentActions.Awaiting(() => refused).Should().ThrowAsync<WireException>()).Which;
        (error.Status, error.Limit, places.Held).Should().Be((429, LimitName, LargeRequests.Most));
        await pipes[^1].Writer.CompleteAsync();
        (await bodies[^1]).Should().HaveLength(LargeRequests.From);
        requests.ForEach(request => places.Leave(request.Context));
        requests.ForEach(request => places.Leave(request.Context));
        places.Held.Should().Be(0);
    }

    private static WireRequest RequestOf(Pipe body)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IRequestBodyPipeFeature>(new Arriving(body.Reader));
        return new WireRequest(
            context,
            WireQuery.Parse(string.Empty)!,
            string.Empty,
            new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.Deny),
            new WireOptions { DefaultPolicy = "deny" });
    }
}
