using System.CommandLine;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using ConnectAgent.Caching.Files;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Cli.Operator;

/// <summary><c>debug</c>: an archive of what an agent says of itself, and of its log while it is watched.</summary>
internal static class DebugCommand
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    private static readonly (string File, string Path)[] Documents =
    [
        ("self.json", "/v1/agent/self"), ("host.json", "/v1/agent/host"), ("members.json", "/v1/agent/members"), ("metrics.json", "/v1/agent/metrics"),
        ("cache.json", "/v1/agent/connect/cache/summary"), ("servers.json", "/v1/agent/connect/servers"),
    ];

    // What goes on while it is watched: the log, and the runtime's numbers at each interval.
    private static readonly (string File, Func<ApiRequest> Request)[] Streams =
    [
        ("consul.log", static () => ApiRequest.Get("/v1/agent/monitor").With("loglevel", "DEBUG")), ("metrics-stream.json", static () => ApiRequest.Get("/v1/agent/metrics/stream")),
    ];

    private static readonly Option<string?> Time = Flag.Text("duration", "How long the log is watched; 30s unless it is said.");
    private static readonly Option<string?> Output = Flag.Text("output", "The archive, without .tar.gz; consul-debug-TIME unless it is said.");

    public static CliCommand Create() => CliCommand.Asking(
        "debug", "Collects what the agent says of itself, and its log and numbers for a while, in an archive.", "debug -duration 10s", RunAsync, Time, Output);

    private static async Task<int> RunAsync(Invocation call)
    {
        var duration = call.Duration(Time, TimeSpan.FromSeconds(30), TimeSpan.FromDays(1));
        var begun = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH-mm-ss'Z'", CultureInfo.InvariantCulture);
        var file = (call.Given(Output) ?? "consul-debug-" + begun) + ".tar.gz";

        // What is asked first is asked of an agent that must be there.
        List<(string Name, byte[] Content)> members = [("self.json", await ReadAsync(call, "/v1/agent/self", "Capture validation failed: error querying target agent: "))];
        call.Done($"Starting debugger and capturing static information...\n    Output: '{file}'\n  Duration: '{GoDuration.Format(duration)}'");
        foreach (var (name, path) in Documents.Skip(1))
        {
            members.Add((name, await TryReadAsync(call, path)));
        }

        var streams = await call.ProgressAsync("Watching the log", progress => WatchAsync(call, duration, progress));
        members.AddRange(Streams.Select(static stream => stream.File).Zip(streams));
        try
        {
            PrivateFile.Replace(file, stream => Write(stream, members), overwrite: false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure("Archive creation failed: " + failure.Message);
        }

        return call.Done($"Saved debug archive: {file}");
    }

    private static async Task<byte[]> ReadAsync(Invocation call, string path, string failure) => (await call.SendAsync(ApiRequest.Get(path), failure)).Body.ToArray();

    // What cannot be had says why in its place.
    private static async Task<byte[]> TryReadAsync(Invocation call, string path)
    {
        try
        {
            return (await call.Api.SendAsync(ApiRequest.Get(path), call.Cancelled)).Body.ToArray();
        }
        catch (ApiException error)
        {
            return Encoding.UTF8.GetBytes(error.Message);
        }
    }

    private static async Task<byte[][]> WatchAsync(Invocation call, TimeSpan duration, Action<double> progress)
    {
        var begun = TimeProvider.System.GetTimestamp();
        await using var steps = TimeProvider.System.CreateTimer(_ => progress(TimeProvider.System.GetElapsedTime(begun) / duration), state: null, Step, Step);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled);
        end.CancelAfter(duration);
        return await Task.WhenAll(Streams.Select(stream => CopyAsync(call, stream.Request(), end.Token)));
    }

    private static async Task<byte[]> CopyAsync(Invocation call, ApiRequest request, CancellationToken end)
    {
        using var copy = new MemoryStream();
        try
        {
            using var answer = await call.Api.OpenAsync(request, end);
            await using var lines = await answer.Content.ReadAsStreamAsync(end);
            await lines.CopyToAsync(copy, end);
        }
        catch (OperationCanceledException)
        {
            // The time is over, or the operator has seen enough: what there is goes into the archive.
        }
        catch (Exception error) when (error is ApiException or IOException)
        {
            copy.Write(Encoding.UTF8.GetBytes(error.Message));
        }

        return copy.ToArray();
    }

    private static void Write(Stream stream, IEnumerable<(string Name, byte[] Content)> members)
    {
        using var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true);
        using var archive = new TarWriter(gzip, TarEntryFormat.Pax);
        foreach (var (name, content) in members)
        {
            using var data = new MemoryStream(content);
            archive.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data });
        }
    }
}
