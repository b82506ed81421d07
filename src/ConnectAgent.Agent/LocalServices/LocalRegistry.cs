using ConnectAgent.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>
/// Registers services and checks with this agent. Each call is one write of the store, all or nothing; when it returns, it is on disk, in the local state,
/// and pushed to the catalog as far as that can be reached (services REG-16).
/// </summary>
/// <param name="central">Null: no central configuration (CENT-5).</param>
internal sealed class LocalRegistry(
    LocalStore store,
    LocalState state,
    LocalServiceOptions options,
    ILocalSync sync,
    ILogger<LocalRegistry> logger,
    ICentralConfigurationSource? central = null)
{
    /// <summary>Registers a service with its checks and its sidecar.</summary>
    /// <exception cref="ServerException">No port is left for the sidecar (SIDE-5), or it cannot be stored; nothing has changed.</exception>
    public async Task AddServiceAsync(ServiceRegistration registration, CancellationToken cancellationToken)
    {
        if (central is not null)
        {
            foreach (var part in registration.Parts)
            {
                await central.PrepareAsync(part.Service, cancellationToken);
            }
        }

        await WriteAsync(
            write =>
            {
                write.Register(registration);
                return true;
            },
            cancellationToken);
        logger.Registered(registration.Service.Id);
    }

    /// <summary>Removes a service, its checks and its sidecar.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="ServerException">It cannot be stored; nothing has changed.</exception>
    public async Task<bool> RemoveServiceAsync(string serviceId, CancellationToken cancellationToken)
    {
        var isRemoved = await WriteAsync(write => write.RemoveService(serviceId), cancellationToken);
        if (isRemoved)
        {
            logger.Deregistered(serviceId);
        }

        return isRemoved;
    }

    /// <summary>Registers a check; one that is there keeps its status and output (REG-14).</summary>
    /// <returns>False when its service is unknown.</returns>
    /// <exception cref="ServerException">It cannot be stored; nothing has changed.</exception>
    public Task<bool> AddCheckAsync(RegisteredCheck check, CancellationToken cancellationToken) => WriteAsync(
        write =>
        {
            if (!write.HasService(check))
            {
                return false;
            }

            write.Put(check);
            return true;
        },
        cancellationToken);

    /// <summary>Removes a check.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="ServerException">It cannot be stored; nothing has changed.</exception>
    public Task<bool> RemoveCheckAsync(string checkId, CancellationToken cancellationToken) =>
        WriteAsync(write => write.RemoveCheck(checkId), cancellationToken);

    /// <summary>Puts a service into maintenance, or ends it. One that is in maintenance already keeps its reason (AG-2).</summary>
    /// <returns>False when there is no such service.</returns>
    /// <exception cref="ServerException">It cannot be stored; nothing has changed.</exception>
    public Task<bool> SetMaintenanceAsync(string serviceId, bool isOn, string reason, CancellationToken cancellationToken) => WriteAsync(
        write =>
        {
            if (write.FindService(serviceId) is not { } service)
            {
                return false;
            }

            SetMaintenance(write, Maintenance.OfService(serviceId, reason, service.Token), isOn);
            return true;
        },
        cancellationToken);

    /// <summary>The same for the node (AG-3).</summary>
    /// <exception cref="ServerException">It cannot be stored; nothing has changed.</exception>
    public Task SetNodeMaintenanceAsync(bool isOn, string reason, string token, CancellationToken cancellationToken) => WriteAsync(
        write =>
        {
            SetMaintenance(write, Maintenance.OfNode(reason, token), isOn);
            return true;
        },
        cancellationToken);

    /// <summary>
    /// Puts what the configuration files define in the place of what they defined before (AG-29). What came through the API stays, but for the same IDs; checks
    /// keep their results. It is one write, so nobody sees anything in between (services 11.10). Nobody waits for the catalog, which a start must not hang on.
    /// </summary>
    /// <exception cref="ServerException">No port is left for a sidecar, or it cannot be stored; nothing has changed.</exception>
    public async Task ReplaceFilesAsync(
        IReadOnlyList<ServiceRegistration> services, IReadOnlyList<RegisteredCheck> checks) => await StoreAsync(
        write =>
        {
            write.ReplaceFiles(services, checks);
            return true;
        },
        isPushed: false);

    private static void SetMaintenance(LocalWrite write, RegisteredCheck check, bool isOn)
    {
        if (!isOn)
        {
            write.RemoveCheck(check.CheckId);
        }
        else if (write.FindCheck(check.CheckId) is null)
        {
            write.Put(check);
        }
    }

    private async Task<T> WriteAsync<T>(Func<LocalWrite, T> change, CancellationToken cancellationToken)
    {
        var (result, write) = await StoreAsync(change, isPushed: true);
        if (write is { Services.Count: > 0 } or { Checks.Count: > 0 })
        {
            await sync.PushAsync(write.Services, write.Checks, cancellationToken);
        }

        return result;
    }

    private async Task<(T Result, LocalWrite Write)> StoreAsync<T>(Func<LocalWrite, T> change, bool isPushed)
    {
        try
        {
            var (result, write) = await store.WriteAsync(writer =>
            {
                var write = new LocalWrite(writer, store.Tables, options);
                return (change(write), write);
            });
            state.Refresh(write.Services, write.Checks, isPushed: isPushed);
            return (result, write);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ServerException(FailureKind.Failed, "the registration could not be stored: " + error.Message, error);
        }
    }
}
