using Serilog.Events;

namespace ConnectAgent.Logs;

/// <summary>Where the log goes besides standard output.</summary>
internal interface ILogTarget : IDisposable
{
    /// <summary>What it is, for the log: with the key that set it.</summary>
    string Name { get; }

    /// <summary>Makes sure that it can be written to.</summary>
    /// <exception cref="IOException">It cannot; the text says why, and which key changes it.</exception>
    void Open();

    /// <summary>Writes one event; opens it anew where it has been lost.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    void Write(LogEvent logEvent);

    /// <summary>Writes a remark of its own.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    void Write(string remark);

    /// <summary>Somebody may have moved it away: it goes on where it is now.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    void Reopen();
}
