using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Watches;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary><c>watches</c>: what runs, or is called, when something changes (config-and-cli section 2; clients WATCH-4).</summary>
internal static class WatchKeys
{
    public static readonly KeyTable Table = new();

    private static readonly TimeSpan HttpTimeLimit = TimeSpan.FromSeconds(10);

    [Limit("watches.http", "s", "the configuration is not taken")]
    private static readonly TimeSpan LongestHttpTimeLimit = TimeSpan.FromMinutes(10);

    private static readonly RecordType<WatchHttpHandler> HttpHandler = new RecordType<WatchHttpHandler>(static () => new WatchHttpHandler())
        .Field("path", SchemaTypes.Text, static (of, text) => of with { Path = text })
        .Field("method", SchemaTypes.Text, static (of, text) => of with { Method = text })
        .Field("timeout", SchemaTypes.Text, static (of, text) => of with { Timeout = text })
        .Field("header", new MapType<List<string>>(new ListType<string>(SchemaTypes.Text)), static (of, header) => of with { Header = header })
        .Field("tls_skip_verify", SchemaTypes.Flag, static (of, flag) => of with { TlsSkipVerify = flag });

    private static readonly RecordType<WatchDefinition> Watch = new RecordType<WatchDefinition>(static () => new WatchDefinition())
        .Field("type", SchemaTypes.Text, static (of, text) => of with { Target = of.Target with { Type = text } })
        .Field("service", SchemaTypes.Text, static (of, text) => of with { Target = of.Target with { Service = text } })
        .Field("service_id", SchemaTypes.Text, static (of, text) => of with { Target = of.Target with { ServiceId = text } })
        .Field("tag", new OneOrMany(), static (of, tags) => of with { Target = of.Target with { Tags = tags } })
        .Field("passingonly", SchemaTypes.Flag, static (of, flag) => of with { Target = of.Target with { PassingOnly = flag } })
        .Field("state", SchemaTypes.Text, static (of, text) => of with { Target = of.Target with { State = text } })
        .Field("filter", SchemaTypes.Text, static (of, text) => of with { Target = of.Target with { Filter = text } })
        .Field("datacenter", SchemaTypes.Text, static (of, text) => of with { Target = of.Target with { Datacenter = text } })
        .Field("stale", SchemaTypes.Flag, static (of, flag) => of with { Target = of.Target with { IsStale = flag } })
        .Field("token", SchemaTypes.Text, static (of, text) => of with { Token = text })
        .Field("handler_type", SchemaTypes.Text, static (of, text) => of with { HandlerType = text })
        .Field("handler", SchemaTypes.Text, static (of, text) => of with { Handler = text })
        .Field("args", SchemaTypes.Texts, static (of, args) => of with { Args = args })
        .Field("http_handler_config", HttpHandler, static (of, http) => of with { Http = http })
        .Ignored("key", "prefix", "name");

    /// <summary>As files define them.</summary>
    public static readonly ConfigKey<List<WatchDefinition>> Watches =
        Table.Other<List<WatchDefinition>>("watches", new DefinitionsType<WatchDefinition>(Watch, isList: true), [], shape: ValueShape.List).Reloaded();

    /// <summary>Those that run.</summary>
    /// <exception cref="ConfigurationException">It names the position.</exception>
    public static IReadOnlyList<WatchDefinition> Of(ConfigValues values) =>
        [.. values.Of(Watches).Select((watch, position) => Judge(watch, Place(position), out _)).OfType<WatchDefinition>()];

    /// <summary>Those that do not, and what is outdated.</summary>
    public static IEnumerable<string> Warnings(ConfigValues values)
    {
        foreach (var (position, watch) in values.Of(Watches).Index())
        {
            if (Judge(watch, Place(position), out var absent) is null)
            {
                yield return $"{Place(position)} has no effect: {absent}";
            }

            if (watch.Handler.Length > 0)
            {
                yield return $"{Place(position)}.handler is deprecated. Use {Place(position)}.args instead.";
            }
        }
    }

    private static string Place(int position) => string.Create(CultureInfo.InvariantCulture, $"{Watches.Path}[{position}]");

    // Null where it watches what this product does not have.
    private static WatchDefinition? Judge(WatchDefinition watch, string place, out string isAbsent)
    {
        isAbsent = string.Empty;
        try
        {
            _ = WatchPlan.Of(watch.Target);
        }
        catch (WatchException error) when (error.IsAbsent)
        {
            isAbsent = error.Message;
            return null;
        }
        catch (WatchException error)
        {
            throw new ConfigurationException($"{place}: {error.Message}");
        }

        Require(watch.Args.Count == 0 || watch.Handler.Length == 0, $"{place}: handler and args cannot both be set");
        var isHttp = watch.HandlerType == "http";
        Require(isHttp || watch.HandlerType is "" or "script", $"{place}.handler_type: {GoQuote.Of(watch.HandlerType)} is neither \"script\" nor \"http\"");
        Require(!isHttp || watch.Program.Count == 0, $"{place}: a handler of type \"http\" runs no program: take out args and handler");
        Require(isHttp || watch.Program.Count > 0, $"{place}: there is no handler: set args, or handler_type = \"http\" and http_handler_config");
        return isHttp ? watch with { Http = Complete(watch.Http, place + ".http_handler_config") } : watch;
    }

    private static WatchHttpHandler Complete(WatchHttpHandler http, string place)
    {
        Require(
            Uri.TryCreate(http.Path, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps),
            $"{place}.path must be an address, http://… or https://…");
        var method = http.Method.Length == 0 ? "POST" : http.Method.ToUpperInvariant();
        Require(method.All(char.IsAsciiLetterUpper), $"{place}.method: {GoQuote.Of(http.Method)} is no method");
        foreach (var (name, values) in http.Header)
        {
            Require(values.All(value => HttpKeys.CanBeSent(name, value)), $"{place}.header: {GoQuote.Of(name)} is no header that can be sent");
        }

        var limit = Duration(place + ".timeout", http.Timeout, HttpTimeLimit);
        Require(limit <= LongestHttpTimeLimit, $"{place}.timeout: {GoQuote.Of(http.Timeout)} is longer than {LongestHttpTimeLimit.TotalSeconds} s");
        return http with { Method = method, TimeLimit = limit };
    }

    // A tag, or a list of them.
    private sealed class OneOrMany : SchemaType<List<string>>
    {
        public override List<string> Empty => [];

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, [MaybeNullWhen(false)] out List<string> read)
        {
            if (value.ValueKind != JsonValueKind.String)
            {
                return SchemaTypes.Texts.TryRead(value, decoding, out read);
            }

            read = value.GetString() is { Length: > 0 } tag ? [tag] : [];
            return true;
        }
    }
}
