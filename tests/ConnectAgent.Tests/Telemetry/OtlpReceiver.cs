using System.Text;
using ConnectAgent.TestKit.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Tests.Telemetry;

/// <summary>A receiver of OTLP over HTTP on loopback, which reads as much of the protobuf as the tests ask about.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<(string Path, byte[] Body)> _received = [];

    private OtlpReceiver(WebApplication app, int port) => (_app, Address) = (app, $"http://127.0.0.1:{port}");

    public string Address { get; }

    public static async Task<OtlpReceiver> StartAsync()
    {
        var port = FreePorts.Next();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        var receiver = new OtlpReceiver(builder.Build(), port);
        receiver._app.Run(receiver.ReceiveAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>Everything that came, as text: what is in no text is in no attribute.</summary>
    public string Everything => string.Concat(_received.Select(static request => Encoding.UTF8.GetString(request.Body)));

    /// <summary>Name and attribute names of each span: TracesData.resource_spans.scope_spans.spans, of which the name is 5, attributes are 9.</summary>
    public List<(string Name, string Attributes)> Spans => [.. Under("/v1/traces", 1, 2, 2).Select(static span => (
        Encoding.UTF8.GetString(Fields(span, 5).Single()),
        string.Join(',', Fields(span, 9).Select(static attribute => Encoding.UTF8.GetString(Fields(attribute, 1).Single())))))];

    /// <summary>Names of all metrics: MetricsData.resource_metrics.scope_metrics.metrics, of which the name is 1.</summary>
    public List<string> Metrics => [.. Under("/v1/metrics", 1, 2, 2).Select(static metric => Encoding.UTF8.GetString(Fields(metric, 1).Single()))];

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        lock (_received)
        {
            _received.Add((context.Request.Path, body.ToArray()));
        }
    }

    private IEnumerable<byte[]> Under(string path, params int[] fields) => fields.Aggregate(
        _received.Where(request => request.Path == path).Select(static request => request.Body),
        static (messages, field) => messages.SelectMany(message => Fields(message, field)));

    // The values of a field that have a length: messages and texts.
    private static List<byte[]> Fields(byte[] message, int wanted)
    {
        List<byte[]> found = [];
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint();
            switch (tag & 7)
            {
                case 0:
                    Varint();
                    break;
                case 1:
                    at += sizeof(long);
                    break;
                case 2:
                    var length = (int)Varint();
                    if (tag >> 3 == (ulong)wanted)
                    {
                        found.Add(message[at..(at + length)]);
                    }

                    at += length;
                    break;
                case 5:
                    at += sizeof(int);
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7}");
            }
        }

        return found;

        ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var piece = message[at++];
                value |= (ulong)(piece & 0x7f) << shift;
                if (piece < 0x80)
                {
                    return value;
                }
            }
        }
    }
}
