namespace ConnectAgent.TestKit.Processes;

/// <summary>Long tests have a short form, which each run of the suite takes, and a long one, which <c>SOAK=1</c> asks for.</summary>
public static class Soak
{
    /// <summary>True when the long forms were asked for.</summary>
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("SOAK") == "1";

    /// <summary>How much of something a run takes.</summary>
    public static T Of<T>(T brief, T full) => IsLong ? full : brief;
}
