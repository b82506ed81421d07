using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>The process around the API. One, and it comes from whoever hosts the API.</summary>
internal interface ILocalAgent
{
    /// <summary>The agent as it is now; a reload may change it.</summary>
    AgentDescription Describe();

    /// <summary>Reads the configuration again and applies it, all of it or nothing (services AG-29).</summary>
    /// <exception cref="ServerException">Something in it is wrong; nothing has changed.</exception>
    Task ReloadAsync();

    /// <summary>Ends the process in an orderly way, with exit code 0 (services AG-30).</summary>
    void Leave();
}
