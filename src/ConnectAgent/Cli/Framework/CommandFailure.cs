namespace ConnectAgent.Cli.Framework;

/// <summary>Ends a command; the message goes to standard error.</summary>
/// <param name="message">It; empty for none.</param>
/// <param name="exitCode">Of the process.</param>
internal sealed class CommandFailure(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode => exitCode;

    /// <summary>Whether the command's help follows the message.</summary>
    public bool WithUsage { get; init; }
}
