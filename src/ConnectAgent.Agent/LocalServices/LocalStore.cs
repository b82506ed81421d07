using ConnectAgent.State;
using ConnectAgent.State.Storage;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>
/// What is registered with this agent, as it outlives a restart: <c>local.db</c> in the data directory, beside the control plane's state and apart from
/// it, because it is the node's own and no snapshot holds it. Without a directory it lives in memory.
/// </summary>
internal sealed class LocalStore : IDisposable
{
    public const string FileName = "local.db";

    private readonly TokenSeal _seal;
    private readonly StateStore _state;

    /// <summary>Opens it.</summary>
    /// <param name="options">Says where.</param>
    /// <exception cref="StateStorageException">The file cannot be opened or read; it is never replaced, because nobody else has what it holds.</exception>
    public LocalStore(LocalServiceOptions options, TimeProvider clock, ILogger<LocalStore> logger)
    {
        _seal = new TokenSeal(options.Directory, clock, logger);
        Tables = new LocalTables(_seal, logger.TokenLost);
        var path = options.Directory is { } directory ? Path.Combine(directory, FileName) : null;
        IStateStorage storage = path is null ? new MemoryStateStorage() : new SqliteStateStorage(path, []);
        try
        {
            _state = new StateStore(storage, new StateTableSet(Tables.All, []));
        }
        catch (StateStorageException error)
        {
            storage.Dispose();
            throw path is null || error.Message.Contains(path, StringComparison.Ordinal) ? error : new StateStorageException($"{path}: {error.Message}", error);
        }
    }

    public LocalTables Tables { get; }

    /// <summary>What is on disk.</summary>
    public StateSnapshot Current => _state.Current;

    /// <inheritdoc cref="StateStore.WriteAsync"/>
    public Task<T> WriteAsync<T>(Func<StateWriter, T> write) => _state.WriteAsync(write);

    public void Dispose()
    {
        _state.Dispose();
        _seal.Dispose();
    }
}
