using System.Diagnostics;
using System.Globalization;

namespace ConnectAgent.Benchmarks.Load;

/// <summary>wrk with the percentiles that it does not print by itself.</summary>
internal static class Wrk
{
    /// <summary>Asks for a while over keep-alive connections.</summary>
    /// <param name="url">Whole.</param>
    /// <param name="body">For a POST; null for a GET.</param>
    /// <param name="headers">More headers.</param>
    public static async Task<LoadResult> RunAsync(
        string url, string? body, IReadOnlyDictionary<string, string> headers, int connections, TimeSpan time)
    {
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, Script(body, headers));
            var start = new ProcessStartInfo(
                "wrk",
                ["-t1", $"-c{connections}", $"-d{(int)Math.Ceiling(time.TotalSeconds)}s", "-s", script, url])
            { RedirectStandardOutput = true, UseShellExecute = false };
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            var figures = output.Split('\n').Single(line => line.StartsWith("RESULT ", StringComparison.Ordinal)).Split(' ')[1..]
                .Select(figure => double.Parse(figure, CultureInfo.InvariantCulture)).ToArray();
            return new LoadResult(figures[0], figures[1], figures[2], figures[3], figures[4], (long)figures[5]);
        }
        finally
        {
            File.Delete(script);
        }
    }

    private static string Script(string? body, IReadOnlyDictionary<string, string> headers) =>
        (body is null ? string.Empty : $"wrk.method = \"POST\"\nwrk.body = '{body}'\nwrk.headers[\"Content-Type\"] = \"application/json\"\n")
        + string.Concat(headers.Select(header => $"wrk.headers[\"{header.Key}\"] = \"{header.Value}\"\n"))
        + """
          done = function(summary, latency)
            io.write(string.format("RESULT %.1f %.1f %.1f %.1f %.1f %d\n", summary.requests / summary.duration * 1e6, latency:percentile(50),
              latency:percentile(90), latency:percentile(99), latency:percentile(99.9),
              summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
          end
          """;
}
