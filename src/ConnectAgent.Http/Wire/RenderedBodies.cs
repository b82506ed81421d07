using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;

namespace ConnectAgent.Http.Wire;

/// <summary>Bodies that were rendered once for a value that memory holds, and go with it (docs/design/0014-cache-hits.md).</summary>
internal sealed class RenderedBodies
{
    private readonly ConditionalWeakTable<object, RenderedBody> _bodies = [];

    /// <summary>The compact JSON of a value.</summary>
    /// <param name="value">Immutable; a body that is kept lives as long.</param>
    /// <param name="render">Makes the body; called once, or twice when two come at once.</param>
    /// <param name="keep">False for a value that was waited for: many are read once only, and their bodies would double what they take.</param>
    public RenderedBody Of<T>(T value, Func<T, RenderedBody> render, bool keep)
        where T : class
    {
        if (!keep)
        {
            return render(value);
        }

        if (!_bodies.TryGetValue(value, out var body))
        {
            // Who comes second makes another, which is as good.
            body = render(value);
            _bodies.AddOrUpdate(value, body);
        }

        return body;
    }

    /// <summary>Compact JSON, as <see cref="WireReply"/> writes it.</summary>
    public static RenderedBody Render<T>(T value, JsonTypeInfo<T> type) => new(WireReply.Render(value, type, pretty: false).ToArray());
}
