using ConnectAgent.State.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.State;

internal static class StateServiceCollectionExtensions
{
    /// <summary>Adds the store of the state; features add their tables to it.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="limits">Of blocking queries.</param>
    /// <param name="file">Where it is kept; null keeps it in memory.</param>
    /// <param name="migrations">The steps of the file's schema beyond the first, in their order.</param>
    public static IServiceCollection AddState(
        this IServiceCollection services, BlockingLimits limits, string? file, IReadOnlyList<StateMigration> migrations)
    {
        services.AddSingleton(limits).AddSingleton<StateTableSet>();
        services.AddSingleton<IStateStorage>(provider => file is null
            ? new MemoryStateStorage()
            : new SqliteStateStorage(file, migrations, provider.GetService<ILogger<SqliteStateStorage>>()));
        return services.AddSingleton<StateMetrics>().AddSingleton<StateStore>().AddSingleton<BlockingReader>();
    }

    /// <summary>Adds the tables of a feature behind those that are there (<see cref="StateTableSet"/>).</summary>
    /// <param name="services">Where to.</param>
    /// <param name="tables">In the order of their rows in a snapshot.</param>
    /// <param name="former">Tables of former revisions whose rows followed from others.</param>
    public static IServiceCollection AddStateTables(
        this IServiceCollection services, IEnumerable<StateTable> tables, params ReadOnlySpan<string> former)
    {
        foreach (var table in tables)
        {
            services.AddSingleton(table);
        }

        foreach (var name in former)
        {
            services.AddSingleton(new FormerTable(name));
        }

        return services;
    }
}
