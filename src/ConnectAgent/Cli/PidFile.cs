using System.Globalization;
using ConnectAgent.Caching.Files;

namespace ConnectAgent.Cli;

/// <summary>The process ID, without newline, for as long as the process runs (config-and-cli PROC-7).</summary>
internal sealed class PidFile : IDisposable
{
    private readonly string _path;

    private PidFile(string path) => _path = path;

    /// <summary>Writes the file; null when none is asked for.</summary>
    /// <exception cref="IOException"><c>Could not open pid file: …</c>.</exception>
    public static PidFile? Write(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return null;
        }

        try
        {
            RegularFile.RequireNoOther(path);
            File.WriteAllText(path, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new PidFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException("Could not open pid file: " + error.Message, error);
        }
    }

    public void Dispose() => PrivateFile.TryDelete(_path);
}
