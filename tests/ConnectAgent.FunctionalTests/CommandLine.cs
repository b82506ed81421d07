using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.FunctionalTests;

/// <summary>Our own command line, as an operator calls it.</summary>
internal static class CommandLine
{
    /// <summary>Runs a command against an agent, to its end. No secret that the tests know of may stand in what it prints.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> CommandAsync(this AgentProcess agent, params string[] words) =>
        RunningProcess.RunAsync(Repository.PublishedAgent, WordsOf(agent, words));

    /// <summary>The same, for a command that prints a secret because it is asked to.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> SecretCommandAsync(this AgentProcess agent, params string[] words) =>
        RunningProcess.RunAsync("env", [Repository.PublishedAgent, .. WordsOf(agent, words)]);

    /// <summary>Starts a command that goes on until it is stopped.</summary>
    public static RunningProcess Begin(this AgentProcess agent, params string[] words) => RunningProcess.Start(Repository.PublishedAgent, WordsOf(agent, words));

    private static string[] WordsOf(AgentProcess agent, string[] words) => [.. words, "-http-addr", agent.Address.Authority];
}
