using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Protocol.Limits;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting;

namespace ConnectAgent.Logs;

/// <summary>
/// Hands log events to those who follow them (services AG-24). The least level that anyone asks for is that of a log of its own, so nothing is made for
/// nobody, and the agent's log stays as it is.
/// </summary>
internal sealed class LogMonitor : ILogMonitor, ILogEventSink
{
    [Limit("start.monitor_lines", "lines", "of one who follows the log the oldest are dropped")]
    private const int MostLines = 512;

    private readonly Lock _gate = new();
    private ImmutableArray<Feed> _feeds = [];
    private bool _isOver;

    /// <summary>The least level that anyone follows.</summary>
    public LoggingLevelSwitch Level { get; } = new(LevelAlias.Off);

    public ILogFeed Follow(LogLevel level, bool isJson)
    {
        var feed = new Feed(this, LevelConvert.ToSerilogLevel(level), isJson ? new JsonLogFormatter() : new ConsoleLogFormatter());
        lock (_gate)
        {
            if (_isOver)
            {
                feed.End();
            }

            Set(_feeds.Add(feed));
        }

        return feed;
    }

    public void Emit(LogEvent logEvent)
    {
        foreach (var feed in _feeds)
        {
            feed.Take(logEvent);
        }
    }

    /// <summary>The agent ends, and so does all following.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isOver = true;
            foreach (var feed in _feeds)
            {
                feed.End();
            }
        }
    }

    private void Remove(Feed feed)
    {
        lock (_gate)
        {
            Set(_feeds.Remove(feed));
        }
    }

    private void Set(ImmutableArray<Feed> feeds)
    {
        _feeds = feeds;
        Level.MinimumLevel = feeds.Select(static feed => feed.Level).DefaultIfEmpty(LevelAlias.Off).Min();
    }

    private sealed class Feed(LogMonitor owner, LogEventLevel level, ITextFormatter formatter) : ILogFeed
    {
        private readonly Channel<string> _lines = Channel.CreateBounded<string>(
            new BoundedChannelOptions(MostLines) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

        public LogEventLevel Level => level;

        public ChannelReader<string> Lines => _lines.Reader;

        public void Take(LogEvent logEvent)
        {
            if (logEvent.Level >= level)
            {
                using var line = new StringWriter(CultureInfo.InvariantCulture);
                formatter.Format(logEvent, line);
                _lines.Writer.TryWrite(line.ToString());
            }
        }

        public void End() => _lines.Writer.TryComplete();

        public void Dispose() => owner.Remove(this);
    }
}
