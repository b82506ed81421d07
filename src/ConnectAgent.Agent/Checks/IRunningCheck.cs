namespace ConnectAgent.Agent.Checks;

/// <summary>A check that is being run.</summary>
internal interface IRunningCheck
{
    /// <summary>It reports nothing any more, and what it is doing ends.</summary>
    void End();
}
