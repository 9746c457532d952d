interface Closable {
  close(): Promise<void>;
}

/** What runs, to be closed in the reverse order. */
export class Started {
  readonly #running: Closable[] = [];

  add<Service extends Closable>(service: Service): Service {
    this.#running.push(service);
    return service;
  }

  async close(): Promise<void> {
    for (const service of this.#running.splice(0).reverse()) await service.close();
  }
}
