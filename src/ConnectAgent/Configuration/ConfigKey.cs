using System.Collections;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Configuration;

/// <summary>One key: all that files, flags, checks and pages know of it.</summary>
/// <param name="path">As files write it, with dots.</param>
/// <param name="type">What its values must be in a file.</param>
/// <param name="effect">What it does.</param>
internal abstract class ConfigKey(string path, SchemaType<object> type, KeyEffect effect)
{
    public string Path => path;

    public SchemaType<object> Type => type;

    public KeyEffect Effect => effect;

    /// <summary>How its values are told apart.</summary>
    public ValueShape Shape { get; init; }

    /// <summary>Whether a reload takes it over; else it waits for a restart.</summary>
    public bool IsReloaded { get; private set; }

    /// <summary>The flag that sets it; null for none.</summary>
    public string? FlagName { get; protected set; }

    /// <summary>What help says of the flag.</summary>
    public string FlagHelp { get; protected set; } = string.Empty;

    /// <summary>The keys of an object whose type decodes them itself; for pages.</summary>
    public ConfigSchema? Inner { get; init; }

    /// <summary>The value of what was said, completed; null where nothing was and there is no default.</summary>
    /// <exception cref="ConfigurationException">It is bad.</exception>
    public abstract object? Complete(object? said);

    /// <summary>What two files, or a file and a flag, make together; later wins, lists append (config-and-cli LOAD-6).</summary>
    public static object Merge(object before, object now)
    {
        switch (before, now)
        {
            case (List<string> first, List<string> more):
                return first.Concat(more).ToList();
            case (IList first, IList more):
                // What is merged was read by one type, so both are lists of the same.
                foreach (var item in more)
                {
                    first.Add(item);
                }

                return first;
            case (IDictionary<string, string> first, IDictionary<string, string> more):
                return Merged(first, more);
            case (IDictionary<string, System.Text.Json.JsonElement> first, IDictionary<string, System.Text.Json.JsonElement> more):
                return Merged(first, more);
            default:
                return now;
        }
    }

    /// <summary>A reload takes it over.</summary>
    protected void Reload() => IsReloaded = true;

    private static Dictionary<string, T> Merged<T>(IDictionary<string, T> first, IDictionary<string, T> more)
    {
        Dictionary<string, T> both = new(first, StringComparer.Ordinal);
        foreach (var (name, value) in more)
        {
            both[name] = value;
        }

        return both;
    }
}

/// <summary>One key, and what its value means.</summary>
/// <param name="path">As files write it, with dots.</param>
/// <param name="type">What its values must be in a file.</param>
/// <param name="bind">Completes and checks what was said; null where nothing was.</param>
/// <param name="effect">What it does.</param>
internal sealed class ConfigKey<T>(string path, SchemaType<object> type, Func<string, object?, T> bind, KeyEffect effect = KeyEffect.Acts)
    : ConfigKey(path, type, effect)
{
    /// <summary>The value of what was said.</summary>
    /// <exception cref="ConfigurationException">It is bad.</exception>
    public T Bind(object? said) => bind(Path, said);

    public override object? Complete(object? said) => Bind(said);

    /// <summary>A reload takes it over (services AG-29).</summary>
    public ConfigKey<T> Reloaded()
    {
        Reload();
        return this;
    }

    /// <summary>Gives it a flag.</summary>
    public ConfigKey<T> WithFlag(string name, string help)
    {
        (FlagName, FlagHelp) = (name, help);
        return this;
    }
}
