using System.Diagnostics.Metrics;
using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Tests.Limits;

/// <summary>What <c>connect_agent.limits.refused</c> of one agent says, as any reader of metrics sees it.</summary>
internal static class RefusalCounts
{
    public static long Of(IServiceProvider services, string limit)
    {
        var count = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, reading) =>
        {
            // Others run in this process, too.
            if (instrument.Meter.Name == LimitMetrics.MeterName && instrument.Meter.Scope == services.GetRequiredService<IMeterFactory>())
            {
                reading.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                count += (string?)tag.Value == limit ? value : 0;
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return count;
    }
}
