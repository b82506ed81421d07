using System.Threading.Channels;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>Lets callers follow the log, whatever level the agent itself writes (services AG-24). One, and it comes from whoever hosts the API.</summary>
internal interface ILogMonitor
{
    /// <summary>Follows the log from now on.</summary>
    /// <param name="level">The least level.</param>
    /// <param name="isJson">Whether lines are JSON.</param>
    /// <returns>Ends the following when it is disposed of; its lines end when the agent does.</returns>
    ILogFeed Follow(LogLevel level, bool isJson);
}

/// <summary>One who follows the log.</summary>
internal interface ILogFeed : IDisposable
{
    /// <summary>Whole lines with their ends. Who is slow loses the oldest.</summary>
    ChannelReader<string> Lines { get; }
}
