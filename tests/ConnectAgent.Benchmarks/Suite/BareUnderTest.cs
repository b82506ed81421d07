using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>The baseline as a process of its own.</summary>
internal sealed class BareUnderTest : IDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private BareUnderTest(Process process, string folder, int port) => (_process, _folder, Port) = (process, folder, port);

    public int Port { get; }

    public string SocketPath => Path.Combine(_folder, "bare.sock");

    /// <summary>Processor time used so far.</summary>
    public TimeSpan Processor()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    public static BareUnderTest Start(CapturedAnswer answer)
    {
        var folder = Directory.CreateTempSubdirectory("bare-bench-").FullName;
        var file = Path.Combine(folder, "answer.json");
        answer.Save(file);
        var port = FreePorts.Next();
        var bare = new BareUnderTest(
            Process.Start(new ProcessStartInfo(
                Environment.ProcessPath!, ["bare", port.ToString(CultureInfo.InvariantCulture), Path.Combine(folder, "bare.sock"), file]))!,
            folder,
            port);
        while (true)
        {
            try
            {
                AgentUnderTest.ConnectTcp(port).Dispose();
                AgentUnderTest.ConnectUnix(bare.SocketPath).Dispose();
                return bare;
            }
            catch (SocketException) when (!bare._process.HasExited)
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
        Directory.Delete(_folder, recursive: true);
    }
}
