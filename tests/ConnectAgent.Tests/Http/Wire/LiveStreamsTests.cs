using System.IO.Compression;
using ConnectAgent.Http.Wire;
using ConnectAgent.Tests.Limits;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>Answers that go on (services AG-24): few at once, and compressed for who wants that (http-conventions GZIP-1).</summary>
public sealed class LiveStreamsTests
{
    private const string Monitor = "/v1/agent/monitor?loglevel=debug";

    [Fact] // FA-1
    public async Task Beyond_the_bound_a_stream_is_refused_until_another_has_ended()
    {
        await using var agent = await InProcessAgent.StartAsync();
        using var http = new HttpClient { BaseAddress = agent.Address };
        List<HttpResponseMessage> open = [];
        for (var i = 0; i < LiveStreams.Most; i++)
        {
            open.Add(await FollowAsync(http, i % 2 == 0 ? Monitor : "/v1/agent/metrics/stream"));
        }

        var (status, text, _) = await agent.SendAsync("GET", Monitor);
        (status, text).Should().Be((429, "Too many streams at once, at most 64 are open"));
        RefusalCounts.Of(agent.Services, LiveStreams.LimitName).Should().Be(1);
        open.ForEach(answer => answer.Dispose());

        // When the agent learns of the end of a connection nobody is told.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        HttpResponseMessage again;
        while ((again = await FollowAsync(http, Monitor, limit.Token)).StatusCode != System.Net.HttpStatusCode.OK)
        {
            again.Dispose();
        }

        again.Dispose();
    }

    [Fact] // CONV-6
    public async Task What_is_compressed_is_compressed_from_its_first_byte_and_is_sent_at_once()
    {
        await using var agent = await InProcessAgent.StartAsync();
        using var http = new HttpClient { BaseAddress = agent.Address };
        http.DefaultRequestHeaders.Add("Accept-Encoding", "gzip");
        using var answer = await FollowAsync(http, Monitor);
        answer.Content.Headers.ContentEncoding.Should().Equal("gzip");
        (await agent.SendAsync("PUT", "/v1/agent/service/register", """{"Name":"web"}""")).Status.Should().Be(200);
        await using var plain = new GZipStream(await answer.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var lines = new StreamReader(plain);
        (await lines.ReadLineAsync()).Should().Contain("[DEBUG] agent.");
    }

    private static Task<HttpResponseMessage> FollowAsync(HttpClient http, string path, CancellationToken cancellationToken = default) =>
        http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
}
