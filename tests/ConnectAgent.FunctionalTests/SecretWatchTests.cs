using System.Net;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The net that every agent of the suite runs over (acl ACL-REQ-6): it must catch something, or it proves nothing.</summary>
public sealed class SecretWatchTests
{
    [Theory]
    [InlineData("header")]
    [InlineData("bearer")]
    [InlineData("query")]
    [InlineData("body")]
    [InlineData("answer")]
    public async Task A_secret_that_is_sent_or_answered_is_found_in_output_and_in_errors(string way)
    {
        // Given
        var secret = Guid.NewGuid().ToString();
        using var server = new Answers(way == "answer" ? $$"""{"AccessorID":"x","SecretID": "{{secret}}"}""" : "true");
        using var watch = new SecretWatch(server);
        using var http = new HttpClient(watch) { BaseAddress = new Uri("http://127.0.0.1:1") };
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/acl/token" + (way == "query" ? "?pretty&token=" + secret : string.Empty));
        request.Content = new StringContent(way == "body" ? $$"""{"SecretID":"{{secret}}"}""" : "{}");
        request.Headers.Add(way == "bearer" ? "Authorization" : "X-Consul-Token", way is "header" ? secret : way is "bearer" ? "Bearer " + secret : "x");

        // When
        using (await http.SendAsync(request))
        {
            // It is noted by now.
        }

        // Then
        await using var process = RunningProcess.Start("/bin/echo", ["token", secret]);
        await process.SeenAsync(secret, TimeSpan.FromSeconds(60));
        process.Invoking(echo => echo.RequireNoSecrets()).Should().Throw<InvalidOperationException>().WithMessage("*token *")
            .Which.Message.Should().NotContain(secret);
        watch.Leaks.Should().BeEmpty();
        server.Answer = (HttpStatusCode.Forbidden, "no such token: " + secret);
        using (await http.GetAsync(new Uri("/v1/agent/self", UriKind.Relative)))
        {
            watch.Leaks.Should().ContainSingle().Which.Should().Contain("no such token").And.NotContain(secret);
        }
    }

    [Fact]
    public async Task A_line_of_a_private_key_is_found()
    {
        var line = Convert.ToBase64String(Enumerable.Range(0, 48).Select(number => (byte)Random.Shared.Next(256)).ToArray());
        Secrets.AddFrom($$"""{"PrivateKeyPEM":"-----BEGIN EC PRIVATE KEY-----\n{{line}}\nshort=\n-----END EC PRIVATE KEY-----\n"}""");
        await using var process = RunningProcess.Start("/bin/echo", ["key " + line]);
        await process.SeenAsync(line, TimeSpan.FromSeconds(60));
        process.Invoking(echo => echo.RequireNoSecrets()).Should().Throw<InvalidOperationException>();
    }

    private sealed class Answers(string body) : HttpMessageHandler
    {
        public (HttpStatusCode Status, string Body) Answer { get; set; } = (HttpStatusCode.OK, body);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(Answer.Status) { Content = new StringContent(Answer.Body) });
    }
}
