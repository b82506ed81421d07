namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>A target could not be reached, or does not speak as it should. The message is what the check's output says.</summary>
internal sealed class ProbeException(string message) : Exception(message);
