using System.Diagnostics.Metrics;
using ConnectAgent.Http.Metrics;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Proxy.Telemetry;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Proxy;

/// <summary>The access log of a proxy.</summary>
public sealed class AccessLogTests
{
    [Fact]
    public async Task Lines_that_find_no_place_are_dropped_and_counted()
    {
        await using var provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = provider.GetRequiredService<IMeterFactory>();
        using var metrics = new MetricsReader(TimeProvider.System, meters);
        await using var disk = new StuckStream();
        await using (var log = new AccessLog(disk, new LimitMetrics(meters)))
        {
            for (var i = 0; i < 8192 + 10; i++)
            {
                log.Write(new AccessEntry { Direction = "inbound", Service = "web" });
            }

            metrics.Read().Single(static reading => reading.Name == "connect_agent.limits.refused" && reading.Series.Contains("proxy.access_log", StringComparison.Ordinal))
                .Value.Should().BeInRange(9, 10, "one may be on its way to the disk");
            disk.Free();
        }
    }

    private sealed class StuckStream : MemoryStream
    {
        private readonly TaskCompletionSource _free = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Free() => _free.TrySetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await _free.Task;
    }
}
