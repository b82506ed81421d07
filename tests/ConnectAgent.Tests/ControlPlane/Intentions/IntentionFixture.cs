using System.Text;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Chains;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using ConnectAgent.Testing;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Tests.ControlPlane.Intentions;

/// <summary>The stores of one control plane, in memory, and what they logged.</summary>
internal sealed class IntentionFixture : IDisposable
{
    private readonly RecordingLog _log = new();
    private readonly ILoggerFactory _loggers;

    public IntentionFixture()
    {
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        Reader = new BlockingReader(State, BlockingLimits.Standard, TimeProvider.System, Random.Shared);
        Intentions = new IntentionStore(State, Reader, _loggers.CreateLogger<IntentionStore>());
        ById = new LegacyIntentionStore(State, Clock, _loggers.CreateLogger<LegacyIntentionStore>());
        Entries = new ConfigEntryStore(
            State,
            Reader,
            [new IntentionProtocolRule(), new GatewayProtocolRule(), new ChainRule(new ConfigEntryOptions("dc1"))],
            _loggers.CreateLogger<ConfigEntryStore>());
    }

    public ManualTimeProvider Clock { get; } = new();

    public StateStore State { get; } = new(new MemoryStateStorage(), ControlPlaneTables.All);

    public BlockingReader Reader { get; }

    public IntentionStore Intentions { get; }

    public LegacyIntentionStore ById { get; }

    public ConfigEntryStore Entries { get; }

    public IReadOnlyList<string> Logged => _log.Lines;

    /// <summary>What <c>PUT /v1/config</c> does, without the rights.</summary>
    public Task<bool> PutAsync(string json, ulong? cas = null)
    {
        var (kind, document) = Decode(json);
        return Entries.PutAsync(kind, kind.Make(document), cas);
    }

    public static (ConfigEntryKind Kind, System.Text.Json.Nodes.JsonObject Document) Decode(string json) =>
        ConfigEntryKinds.Decode(RequestBody.DecodeBytes(Encoding.UTF8.GetBytes(json), KeptJson.Document));

    public async Task<string> ShowAsync(string kind, string name)
    {
        var found = ConfigEntryKinds.Named(kind);
        var (entry, _) = await Entries.GetAsync(found, name, default, CancellationToken.None);
        return entry is null ? "none" : found.Show(entry).ToJsonString();
    }

    public Task AllowAsync(string source, string destination) =>
        Intentions.UpsertAsync(destination, new IntentionSource(source) { Action = Intention.Allow }, null);

    public async Task<IReadOnlyList<Intention>> ListAsync() => (await Intentions.ListAsync(default, CancellationToken.None)).Value;

    public void Dispose()
    {
        Reader.Dispose();
        State.Dispose();
        _loggers.Dispose();
        _log.Dispose();
    }

    private sealed class RecordingLog : ILoggerProvider, ILogger
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
