using System.Globalization;
using System.Text.Json;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Configuration;

/// <summary>One value as it holds, and where it was said. Holds secrets: <see cref="Shown"/> does not.</summary>
/// <param name="Path">Of the key; of a list with the position, of a map with the name.</param>
/// <param name="Json">The value, on one line.</param>
/// <param name="Source">Where it was said.</param>
/// <param name="Key">The key that acts; null where it has no effect.</param>
internal sealed record EffectiveValue(string Path, string Json, ConfigSource Source, ConfigKey? Key)
{
    /// <summary>The value as it may be shown.</summary>
    public string Shown => Secrets.Show(Path, Json);

    // Records print their members.
    public override string ToString() => $"{Path} = {Shown}  # {Source}{(Key is null ? ", without effect" : string.Empty)}";
}

/// <summary>The configuration as it holds, key by key: what was said, completed by the defaults (config-and-cli section 2).</summary>
/// <param name="values">What was said.</param>
/// <param name="built">What was made of it.</param>
internal sealed class EffectiveValues(ConfigValues values, AgentConfiguration built)
{
    /// <summary>All, sorted by key.</summary>
    public IReadOnlyList<EffectiveValue> All()
    {
        var derived = Derived();
        return
        [
            .. AgentKeys.All.Except(DeprecatedKeys.Table.Keys).Where(static key => key.Effect == KeyEffect.Acts).SelectMany(key => Of(key, derived))
                .Concat(values.WithoutEffect.Select(static unused => new EffectiveValue(unused.Path, Secrets.Compact(unused.Json), unused.Source, Key: null)))
                .OrderBy(static value => value.Path.Split('[')[0], StringComparer.Ordinal), // elements stay in their order
        ];
    }

    /// <summary>All of a key as one text, to compare with another time. Holds secrets: never printed.</summary>
    public IReadOnlyDictionary<ConfigKey, string> ByKey() => All().Where(static value => value.Key is not null)
        .GroupBy(static value => value.Key!).ToDictionary(static parts => parts.Key, static parts => string.Join('\n', parts.Select(static part => part.Path + part.Json)));

    private IEnumerable<EffectiveValue> Of(ConfigKey key, Dictionary<ConfigKey, object> derived)
    {
        var parts = values.PartsOf(key);
        return key.Shape switch
        {
            ValueShape.List when parts is [var only] && key.Type != ConfigTypes.List && !key.Path.EndsWith('s') => [Part(key, key.Path, only)],
            ValueShape.List when values.Complete(key) is IReadOnlyList<string> texts && texts.Count == parts.Count && key.Type == ConfigTypes.List =>
                texts.Zip(parts).Select((pair, position) => new EffectiveValue(Element(key, position), SaidPart.JsonTextOf(pair.First), pair.Second.Source, key)),
            ValueShape.List => parts.Select((part, position) => Part(key, Element(key, position), part)),
            ValueShape.Map => [.. parts.Select(part => Part(key, $"{key.Path}.{part.Name}", part)), .. key == ConnectKeys.CaConfig ? CaDefaults() : []],
            _ => Completed(key, derived.GetValueOrDefault(key) ?? values.Complete(key)) is { } json ? [new EffectiveValue(key.Path, json, parts is [.., var last] ? last.Source : ConfigSource.Default, key)] : [],
        };
    }

    // What the CA is made with where the map is silent.
    private IEnumerable<EffectiveValue> CaDefaults()
    {
        var (said, settings) = (values.Of(ConnectKeys.CaConfig), new ControlPlane.Authority.CaSettings());
        return new (string Name, object Value)[]
        {
            ("leaf_cert_ttl", settings.LeafCertTtl), ("intermediate_cert_ttl", settings.IntermediateCertTtl), ("root_cert_ttl", settings.RootCertTtl),
            ("csr_max_per_second", settings.CsrMaxPerSecond), ("csr_max_concurrent", settings.CsrMaxConcurrent),
            ("private_key_type", settings.PrivateKeyType), ("private_key_bits", settings.PrivateKeyBits),
        }.Where(one => !said.ContainsKey(CaConfigType.WireNameOf(one.Name)))
            .Select(one => new EffectiveValue($"{ConnectKeys.CaConfig.Path}.{one.Name}", Completed(ConnectKeys.CaConfig, one.Value)!, ConfigSource.Default, ConnectKeys.CaConfig));
    }

    private static string Element(ConfigKey key, int position) => string.Create(CultureInfo.InvariantCulture, $"{key.Path}[{position}]");

    private static EffectiveValue Part(ConfigKey key, string path, SaidPart part) => new(path, Secrets.Compact(part.Json), part.Source, key);

    private string? Completed(ConfigKey key, object? value) => value switch
    {
        null => null,
        string text => SaidPart.JsonTextOf(text),
        bool flag => flag ? "true" : "false",
        TimeSpan time => SaidPart.JsonTextOf(GoDuration.Format(time)),
        UnixFileMode mode => SaidPart.JsonTextOf("0" + Convert.ToString((int)mode, 8)),
        DownPolicy policy => SaidPart.JsonTextOf(policy switch { DownPolicy.ExtendCache => "extend-cache", DownPolicy.AsyncCache => "async-cache", DownPolicy.Deny => "deny", _ => "allow" }),
        int or long or double => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        _ => values.PartsOf(key) is [.., var last] ? Secrets.Compact(last.Json) : null,
    };

    // What follows from other keys, or from the mode.
    private Dictionary<ConfigKey, object> Derived() => new(built.Ports.Select(static port => KeyValuePair.Create((ConfigKey)PortKeys.KeyOf(port.Key), (object)port.Value)))
    {
        [NodeKeys.Server] = built.Server,
        [NodeKeys.PrimaryDatacenter] = built.PrimaryDatacenter,
        [NodeKeys.Bootstrap] = built.Bootstrap,
        [NodeKeys.BindAddress] = NodeKeys.BindAddressOf(values, built.DevMode),
        [NodeKeys.AdvertiseAddress] = built.AdvertiseAddress,
        [NodeKeys.LogLevel] = built.LogLevel,
        [NodeKeys.SkipLeaveOnInterrupt] = built.SkipLeaveOnInterrupt,
        [NodeKeys.EnableDebug] = built.EnableDebug,
        [TlsSettings.MinVersion] = values.Of(TlsSettings.MinVersion) is { Length: > 0 } least ? least : TlsSettings.LeastVersion,
        [ConnectKeys.Enabled] = built.ConnectEnabled,
        [HttpKeys.ClientAddress] = HttpKeys.ClientAddressOf(values),
        [HttpKeys.ConnectionsPerClient] = built.MaxConnectionsPerClient,
        [CheckKeys.OutputSize] = built.Checks.OutputSize,
        [CacheKeys.FetchMaxBurst] = built.FetchLimits.Burst,
    };
}
