using System.Collections.Concurrent;
using System.Text;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Testing;
using ConnectAgent.Tests.Agent;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Tests.Caching.Sealing;

/// <summary>A data directory of its own, which goes with the test, on a manual clock.</summary>
internal sealed class SealedDirectory : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("sealed-").FullName;
    private readonly CancellationTokenSource _limit = new(AgentFixture.Patience);

    public SealedDirectory() => Directory.CreateDirectory(Path);

    public string Path => System.IO.Path.Combine(_root, "data");

    public string SealedPath => System.IO.Path.Combine(Path, SealedFile.FileName);

    public string KeyPath => System.IO.Path.Combine(Path, SealedFile.KeyName);

    public ManualTimeProvider Clock { get; } = new();

    public RecordingLog Log { get; } = new();

    /// <summary>Ends what a test waits for that does not come.</summary>
    public CancellationToken Limit => _limit.Token;

    public string[] BadFiles =>
        [.. Directory.GetFiles(Path, "*.bad-*").Select(file => System.IO.Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public static SealedEntry Entry(string id, string text) => new(id, Encoding.UTF8.GetBytes(text));

    /// <summary>A store as after a restart of the process.</summary>
    public SealedStore Open() => new(Path, Clock, Log);

    public void Vanish() => Directory.Move(Path, Path + ".gone");

    public void ComeBack() => Directory.Move(Path + ".gone", Path);

    /// <summary>Writes the entries with a store of its own and closes it.</summary>
    public async Task SealAsync(params (string Id, string Text)[] entries)
    {
        await using var store = Open();
        store.Load();
        foreach (var (id, text) in entries)
        {
            store.Put(Entry(id, text));
        }

        using var limit = new CancellationTokenSource(AgentFixture.Patience);
        await store.FlushAsync(limit.Token);
    }

    /// <summary>What a restarted agent finds, ordered by id.</summary>
    public async Task<(string Id, string Text)[]> ReadAsync()
    {
        await using var store = Open();
        return Texts(store.Load());
    }

    public static (string Id, string Text)[] Texts(IEnumerable<SealedEntry> entries) =>
        [.. entries.OrderBy(entry => entry.Id, StringComparer.Ordinal)
            .Select(entry => (entry.Id, Encoding.UTF8.GetString(entry.Payload.Span)))];

    /// <summary>Waits until a pause of so many seconds is armed, and lets it pass.</summary>
    public async Task SleepThroughAsync(int seconds)
    {
        var pause = TimeSpan.FromSeconds(seconds);
        await Clock.ArmedAsync(armed => armed == pause, Limit);
        Clock.Advance(pause);
    }

    public void Dispose()
    {
        _limit.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    internal sealed class RecordingLog : ILogger<SealedStore>
    {
        public ConcurrentQueue<(int Id, LogLevel Level, string Text)> Lines { get; } = [];

        /// <summary>Runs on the logging thread, which lets a test hold the writer.</summary>
        public Action<int>? OnLine { get; set; }

        public int Count(int id) => Lines.Count(line => line.Id == id);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Enqueue((eventId.Id, logLevel, formatter(state, exception)));
            OnLine?.Invoke(eventId.Id);
        }
    }
}
