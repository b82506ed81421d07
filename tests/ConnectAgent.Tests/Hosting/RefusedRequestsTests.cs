using System.Diagnostics.Metrics;
using ConnectAgent.Hosting;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Tests.Limits;
using FluentAssertions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

public sealed class RefusedRequestsTests
{
    [Theory]
    [InlineData(408, "Reading the request headers timed out.", "http.headers_time")]
    [InlineData(414, "Request line too long.", "http.request_line")]
    [InlineData(431, "Request headers too long.", "http.headers")]
    [InlineData(431, "Request contains too many headers.", "http.header_count")]
    [InlineData(400, "Invalid request line: 'x'", null)]
    public void FA_10_What_the_web_server_refuses_is_counted_under_the_name_of_the_bound(int status, string text, string? limit)
    {
        using var services = new ServiceCollection().AddMetrics().AddSingleton<LimitMetrics>().BuildServiceProvider();
        var features = new FeatureCollection();
        features.Set<IBadRequestExceptionFeature>(new Refused { Error = new BadHttpRequestException(text, status) });
        new RefusedRequests(services.GetRequiredService<LimitMetrics>()).OnNext(new("Microsoft.AspNetCore.Server.Kestrel.BadRequest", features));
        foreach (var known in DeclaredLimits.All)
        {
            RefusalCounts.Of(services, known.Mark.Name).Should().Be(known.Mark.Name == limit ? 1 : 0);
        }
    }

    private sealed class Refused : IBadRequestExceptionFeature
    {
        public Exception? Error { get; init; }
    }
}
