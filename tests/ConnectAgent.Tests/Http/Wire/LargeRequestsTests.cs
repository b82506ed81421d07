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

    [Fact] // the web server holds it for half a minute, and the dispatcher does not see it yet
    public async Task FA_1_A_head_that_does_not_end_needs_a_place_too()
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync();
        var places = agent.Services.GetRequiredService<LargeRequests>();
        const string Lines = "GET /v1/status/leader HTTP/1.1\r\nHost: localhost\r\n";
        var callers = new List<RawHttp>();

        // When
        var answers = new List<Task<string>>();
        for (var i = 0; i <= LargeRequests.Most; i++)
        {
            callers.Add(await RawHttp.ConnectAsync(agent.Address));
            await callers[i].SendAsync(Lines + "X-Odd: ".PadRight((2 * LargeRequests.From) - Lines.Length, 'x'));
            answers.Add(callers[i].ReadAsync());
        }

        places.Held.Should().Be(0, "none of them is large yet");
        foreach (var caller in callers)
        {
            // Alone, so that nothing of a head that is refused is on its way: a connection that is closed meanwhile loses its answer.
            await caller.SendAsync(new string('x', Lines.Length + 1));
        }

        var refused = await await Task.WhenAny(answers);

        // Then
        RawHttp.Split(refused).Should().Be((429, "Too many requests of more than 65536 bytes at once, please rate limit your calls"));
        RefusalCounts.Of(agent.Services, LimitName).Should().Be(1);
        places.Held.Should().Be(LargeRequests.Most);
        (await agent.SendAsync("GET", "/v1/agent/connect/ca/leaf/web")).Status.Should().Be(200, "what is not large needs no place");
        var isAnswered = answers.FindIndex(static answer => !answer.IsCompleted);
        await callers[isAnswered].SendAsync("\r\n\r\n");
        RawHttp.Split(await answers[isAnswered]).Status.Should().Be(200, "the place is the request's once the head is whole");
        callers.ForEach(static caller => caller.Dispose());
        while (places.Held > 0)
        {
            // Those who have left are noticed one by one.
            await Task.Yield();
        }
    }

    [Theory] // what is left of a body that nobody reads is no head
    [InlineData(LargeRequests.From, true)]
    [InlineData(LargeRequests.From + 1, false)]
    [InlineData(1024 * 1024, false)]
    public async Task FA_1_The_rest_of_a_body_that_nobody_reads_takes_no_place_and_gets_no_answer(int length, bool isKeptAlive)
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync();
        var places = agent.Services.GetRequiredService<LargeRequests>();
        while (places.TryTake())
        {
            // Until none is left.
        }

        using var caller = await RawHttp.ConnectAsync(agent.Address);

        // When
        await caller.SendAsync($"POST /v1/nothing/there HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n");
        var answer = await caller.ReadAsync();
        await caller.SendAsync(new string('x', length));

        // Then
        RawHttp.Split(answer).Status.Should().Be(404);
        answer.Contains("Connection: close", StringComparison.Ordinal).Should().Be(!isKeptAlive);
        if (isKeptAlive)
        {
            await caller.SendAsync("GET /v1/agent/connect/ca/roots HTTP/1.1\r\nHost: localhost\r\n\r\n");
            RawHttp.Split(await caller.ReadAsync()).Status.Should().Be(200);
        }
        else
        {
            (await caller.ReadToEndAsync()).Should().BeEmpty();
        }

        RefusalCounts.Of(agent.Services, LimitName).Should().Be(0);
    }

    [Theory] // the web server keeps its texts for the next one, as long as the connection is open
    [InlineData("/v1/status/leader", 200)]
    [InlineData("/v1/agent/connect/ca/roots", 200)]
    [InlineData("/v1/nothing/there", 404)]
    public async Task FA_1_A_connection_ends_with_the_answer_to_a_large_head(string target, int status)
    {
        await using var agent = await InProcessAgent.StartAsync();
        using var caller = await RawHttp.ConnectAsync(agent.Address);
        await caller.SendAsync($"GET {target} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: small\r\n\r\n");
        (await caller.ReadAsync()).Should().NotContain("Connection: close");

        // When
        await caller.SendAsync($"GET {target} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {new string('x', 8 * LargeRequests.From)}\r\n\r\n");
        var answer = await caller.ReadAsync();

        // Then
        RawHttp.Split(answer).Status.Should().Be(status);
        answer.Should().Contain("Connection: close");
        (await caller.ReadToEndAsync()).Should().BeEmpty();
    }

    [Fact] // FA-2: whoever holds all places for ten minutes would lock out everybody else
    public void FA_1_A_read_that_has_a_place_is_held_for_a_short_time()
    {
        var places = new LargeRequests();
        var (small, large) = (new DefaultHttpContext(), new DefaultHttpContext());
        large.Request.Headers["X-Odd"] = Large;
        places.Enter(small, "/");
        places.Enter(large, "/");
        LargeRequests.LimitWait(small, null).Should().BeNull();
        LargeRequests.LimitWait(small, TimeSpan.FromMinutes(10)).Should().Be(TimeSpan.FromMinutes(10));
        foreach (var wait in new TimeSpan?[] { null, TimeSpan.Zero, TimeSpan.FromMinutes(10) })
        {
            LargeRequests.LimitWait(large, wait).Should().Be(TimeSpan.FromSeconds(10));
        }

        LargeRequests.LimitWait(large, TimeSpan.FromSeconds(1)).Should().Be(TimeSpan.FromSeconds(1));
    }

    [Theory] // the web server keeps them for as long as it waits for the rest
    [InlineData("GET /v1/nothing/there", 404)]
    [InlineData("GET /v1/agent/connect/ca/roots", 200)]
    [InlineData("PUT /v1/agent/connect/authorize", 405)]
    public async Task FA_1_Trailers_count_as_what_comes_in_of_their_request(string line, int status)
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync();
        var places = agent.Services.GetRequiredService<LargeRequests>();
        while (places.TryTake())
        {
            // Until none is left.
        }

        using var caller = await RawHttp.ConnectAsync(agent.Address);

        // When
        await caller.SendAsync($"{line} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
        RawHttp.Split(await caller.ReadAsync()).Status.Should().Be(status);
        await SendUntilItEndsAsync(caller);

        // Then
        (await EndOfAsync(caller)).Should().BeEmpty("one request has one answer");
        RefusalCounts.Of(agent.Services, LimitName).Should().Be(1);
    }

    [Fact] // a call that reads its body answers itself
    public async Task FA_1_Trailers_of_a_body_that_is_read_are_refused_by_the_answer()
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync();
        var places = agent.Services.GetRequiredService<LargeRequests>();
        while (places.TryTake())
        {
            // Until none is left.
        }

        using var caller = await RawHttp.ConnectAsync(agent.Address);

        // When
        await caller.SendAsync("POST /v1/agent/connect/authorize HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n");
        var answer = caller.ReadAsync();
        await SendUntilItEndsAsync(caller);

        // Then
        RawHttp.Split(await answer).Should().Be((429, "Too many requests of more than 65536 bytes at once, please rate limit your calls"));
        RefusalCounts.Of(agent.Services, LimitName).Should().Be(1);
    }

    [Fact] // the body counts, and what has come in of it on the connection does not count once more
    public async Task FA_1_A_long_body_takes_one_place()
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync();
        var places = agent.Services.GetRequiredService<LargeRequests>();
        while (places.Held < LargeRequests.Most - 1)
        {
            places.TryTake().Should().BeTrue();
        }

        using var caller = await RawHttp.ConnectAsync(agent.Address);
        for (var i = 0; i < 3; i++)
        {
            // When
            const int Length = 500_000;
            await caller.SendAsync($"POST /v1/agent/connect/authorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Length}\r\n\r\n" + "{\"Bogus\":1}".PadRight(Length));

            // Then
            RawHttp.Split(await caller.ReadAsync()).Status.Should().Be(400);
        }

        RefusalCounts.Of(agent.Services, LimitName).Should().Be(0);
    }

    [Theory] // a long body that is read ends no connection
    [InlineData("Content-Length: 70000", "")]
    [InlineData("Transfer-Encoding: chunked", "11170\r\n")]
    public async Task FA_1_A_connection_goes_on_after_a_long_body_that_was_read(string header, string before)
    {
        await using var agent = await InProcessAgent.StartAsync();
        using var caller = await RawHttp.ConnectAsync(agent.Address);
        for (var i = 0; i < 3; i++)
        {
            await caller.SendAsync($"POST /v1/agent/connect/authorize HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n{before}"
                + "{\"Bogus\":1}".PadRight(70000) + (before.Length > 0 ? "\r\n0\r\n\r\n" : string.Empty));
            var answer = await caller.ReadAsync();
            RawHttp.Split(answer).Status.Should().Be(400);
            answer.Should().NotContain("Connection: close");
        }
    }

    [Theory]
    [InlineData("/v1/agent/connect/ca/roots")]
    [InlineData("/v1/agent/connect/ca/roots?pretty")]
    [InlineData("/v1/nothing/there")]
    public async Task FA_1_Many_requests_on_a_connection_are_not_one_large_one(string target)
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync();
        var places = agent.Services.GetRequiredService<LargeRequests>();
        while (places.TryTake())
        {
            // Until none is left.
        }

        // When
        using var caller = await RawHttp.ConnectAsync(agent.Address);
        var request = $"GET {target} HTTP/1.1\r\nHost: localhost\r\nX-Odd: {new string('x', LargeRequests.From / 8)}\r\n\r\n";
        for (var i = 0; i < 20; i++)
        {
            // Then
            await caller.SendAsync(request);
            RawHttp.Split(await caller.ReadAsync()).Status.Should().NotBe(429);
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

    private static async Task SendUntilItEndsAsync(RawHttp caller)
    {
        try
        {
            for (var i = 0; i < 900; i++)
            {
                await caller.SendAsync($"X-{i}: {new string('x', 1000)}\r\n");
            }
        }
        catch (IOException)
        {
            // It has ended.
        }
    }

    // A connection that is reset has no more to say either.
    private static async Task<string> EndOfAsync(RawHttp caller)
    {
        try
        {
            return await caller.ReadToEndAsync();
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            return string.Empty;
        }
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
