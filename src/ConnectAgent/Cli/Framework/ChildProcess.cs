using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace ConnectAgent.Cli.Framework;

/// <summary>Programs that commands run at a change.</summary>
internal static class ChildProcess
{
    /// <summary>Runs one to its end; cancelled, it is killed with all that it has started.</summary>
    /// <param name="start">The program.</param>
    /// <param name="input">What it finds on its standard input.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>What went wrong; null for nothing.</returns>
    public static async Task<string?> RunAsync(ProcessStartInfo start, string input, CancellationToken cancellationToken)
    {
        start.RedirectStandardInput = true;
        try
        {
            using var process = Process.Start(start)!;
            try
            {
                await WriteAsync(process.StandardInput, input);
                await process.WaitForExitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }

            return process.ExitCode == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"exit status {process.ExitCode}");
        }
        catch (Win32Exception error)
        {
            return error.Message;
        }
    }

    // Who does not read it has not failed for that.
    private static async Task WriteAsync(StreamWriter target, string input)
    {
        try
        {
            await target.WriteAsync(input);
            target.Close();
        }
        catch (IOException)
        {
        }
    }
}
