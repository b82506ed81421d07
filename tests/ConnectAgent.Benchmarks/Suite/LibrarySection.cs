using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Benchmarks.Load;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Testing;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>HTTPS requests on kept connections: Kestrel with <c>UseConnect</c> beside Kestrel with a plain certificate. Alternating rounds, medians.</summary>
internal static class LibrarySection
{
    private const string Goal = "≥ 0.97";

    public static async Task<BenchTable> RunAsync()
    {
        await using var mesh = await TestMesh.StartAsync();
        await mesh.AllowAsync("web", LibraryServer.Service);
        using var plain = await mesh.IssueLeafAsync("plain");
        using var web = await mesh.IssueLeafAsync("web");
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "plain.p12");
        await File.WriteAllBytesAsync(file, plain.Certificate.Export(X509ContentType.Pkcs12));
        using var member = await ServerProcess.StartAsync(mesh.Address.GetLeftPart(UriPartial.Authority), web);
        using var other = await ServerProcess.StartAsync(file, web);
        var table = new BenchTable(["connections", "UseConnect, requests/s", "plain, requests/s", "of plain", "goal", "UseConnect p50 µs", "plain p50 µs", "UseConnect p99 µs", "plain p99 µs"]);
        foreach (var connections in new[] { 1, 16 })
        {
            await using var ours = await TlsLoadClient.OpenAsync(member.Port, web, connections);
            await using var theirs = await TlsLoadClient.OpenAsync(other.Port, web, connections);
            await ours.RunAsync(RequestSections.Warm);
            await theirs.RunAsync(RequestSections.Warm);
            var (one, two) = await RequestSections.AlternateAsync(() => ours.RunAsync(RequestSections.Round), () => theirs.RunAsync(RequestSections.Round));
            table.Add(
                $"{connections}", RequestSections.Number(one.PerSecond), RequestSections.Number(two.PerSecond), RequestSections.Ratio(one.PerSecond / two.PerSecond), Goal,
                RequestSections.Number(one.P50), RequestSections.Number(two.P50), RequestSections.Number(one.P99), RequestSections.Number(two.P99));
        }

        return table;
    }

    private sealed class ServerProcess : IDisposable
    {
        private readonly Process _process;

        private ServerProcess(Process process, int port) => (_process, Port) = (process, port);

        public int Port { get; }

        public static async Task<ServerProcess> StartAsync(string from, TestLeaf leaf)
        {
            var port = FreePorts.Next();
            var server = new ServerProcess(
                Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["library", port.ToString(CultureInfo.InvariantCulture), from]))!, port);
            while (true)
            {
                try
                {
                    await (await TlsLoadClient.OpenAsync(port, leaf, 1)).DisposeAsync();
                    return server;
                }
                catch (System.Net.Sockets.SocketException) when (!server._process.HasExited)
                {
                    // Not listening yet.
                }
            }
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
